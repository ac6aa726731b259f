import type { Invocation } from "../../command-spec.ts";
import type { CliConfig } from "../../config/cli-config.ts";
import { changeConfig } from "../../config/config-file.ts";
import { confirmed } from "../../confirmation.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { builtInName, namedLocation } from "../../locations.ts";
import { withSession } from "../../session.ts";
import { usageError } from "../../usage-error.ts";

/** Forgets names; nothing in a store is touched. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, environment } = invocation;
    for (const name of args) {
      if (namedLocation(name, session.config, environment).builtIn) {
        throw usageError(
          `location "${builtInName}" is the built-in one and cannot be forgotten`,
          "make another the default with ark-ts backup-location set NAME --default",
        );
      }
    }
    if (!(await confirmed(session, `Forget ${args.join(", ")}? What is stored there stays.`))) {
      return exitStatus.failed;
    }
    await changeConfig(session.configDir, (config) => without(config, args));
    for (const name of args) {
      environment.stdout.write(`backup location ${name} forgotten; what is stored there stays\n`);
    }
    return exitStatus.done;
  });
}

function without(config: CliConfig, names: readonly string[]): CliConfig {
  const { defaultLocation, ...rest } = config;
  const locations = Object.fromEntries(
    Object.entries(config.locations).filter(([name]) => !names.includes(name)),
  );
  return defaultLocation === undefined || names.includes(defaultLocation)
    ? { ...rest, locations }
    : { ...rest, defaultLocation, locations };
}
