import type { Invocation } from "../../command-spec.ts";
import { openCluster } from "../../compose.ts";
import type { CliConfig, Mode } from "../../config/cli-config.ts";
import { changeConfig } from "../../config/config-file.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { withSession } from "../../session.ts";
import { usageError } from "../../usage-error.ts";

/** Keeps a mode for the context of the kubeconfig, or forgets it (`auto`). */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const word = invocation.args[0] ?? "";
  if (!["standalone", "server", "auto"].includes(word)) {
    throw usageError(`"${word}" is no mode: standalone, server or auto`);
  }
  return await withSession(invocation, async (session) => {
    const { context } = await openCluster(session);
    await changeConfig(session.configDir, (config) =>
      withMode(config, context, word === "auto" ? undefined : (word as Mode)),
    );
    const said =
      word === "auto"
        ? `no mode is kept for context ${context}: each command looks for a server`
        : `mode ${word} is kept for context ${context}`;
    invocation.environment.stdout.write(`${said}\n`);
    return exitStatus.done;
  });
}

function withMode(config: CliConfig, context: string, mode: Mode | undefined): CliConfig {
  const others = Object.entries(config.modes).filter(([name]) => name !== context);
  return {
    ...config,
    modes: Object.fromEntries(mode === undefined ? others : [...others, [context, mode]]),
  };
}
