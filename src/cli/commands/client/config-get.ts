import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { printResource } from "../../render/resource-output.ts";
import { withSession } from "../../session.ts";
import { checkedKey, type KeptKey, keptKeys } from "./config-keys.ts";

/** Prints settings of the client, `key: value`, as Velero's command. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async ({ config }) => {
    const { args, flags, environment } = invocation;
    const keys = args.length === 0 ? keptKeys : args.map(checkedKey);
    const values: Readonly<Record<KeptKey, string | undefined>> = {
      namespace: config.serverNamespace,
    };
    await printResource(environment, flags.text("output"), {
      value: Object.fromEntries(keys.map((key) => [key, values[key] ?? null])),
      table: () => keys.map((key) => `${key}: ${values[key] ?? "<NOT SET>"}\n`).join(""),
      names: keys.map((key) => `${key}=${values[key] ?? ""}`),
    });
    return exitStatus.done;
  });
}
