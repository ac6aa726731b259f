import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { printResource } from "../../render/resource-output.ts";
import { renderTable } from "../../render/table.ts";
import { withSession } from "../../session.ts";

/** Prints the mode kept for each kubeconfig context. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async ({ config }) => {
    const modes = Object.entries(config.modes).map(([context, mode]) => ({ context, mode }));
    await printResource(invocation.environment, invocation.flags.text("output"), {
      value: { modes },
      table: () =>
        modes.length === 0
          ? "no mode is kept: each command looks for a server\n"
          : renderTable(
              [
                { title: "CONTEXT", cell: ({ context }) => context },
                { title: "MODE", cell: ({ mode }) => mode },
              ],
              modes,
            ),
      names: modes.map(({ context, mode }) => `${context}=${mode}`),
    });
    return exitStatus.done;
  });
}
