import type { Invocation } from "../../command-spec.ts";
import type { CliConfig } from "../../config/cli-config.ts";
import { changeConfig } from "../../config/config-file.ts";
import { confirmed } from "../../confirmation.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import {
  builtInName,
  defaultLocation,
  isDirectory,
  type NamedLocation,
  namedLocation,
} from "../../locations.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";
import { enterStandalone } from "../../standalone.ts";
import { usageError } from "../../usage-error.ts";

/** Forgets names; nothing in a store is touched. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await inEitherMode(invocation, "read-store", {
    standalone: forgetHere,
    server: async (session, server) =>
      await (await import("../../server-mode/location/locations.ts")).deleteLocations(
        session,
        server,
      ),
  });
}

async function forgetHere(session: Session): Promise<ExitStatus> {
  await enterStandalone(session, "read-store");
  const { args, flags, environment } = session.invocation;
  for (const name of args) {
    if (namedLocation(name, session.config, environment).builtIn) {
      throw usageError(
        `location "${builtInName}" is the built-in one and cannot be forgotten`,
        "make another the default with ark-ts backup-location set NAME --default",
      );
    }
  }
  const before = defaultLocation(session.config, environment);
  const after = defaultLocation(without(session.config, args), environment);
  if (before.name !== after.name && !flags.has("confirm")) throw losesDefault(before, after);
  if (!(await confirmed(session, `Forget ${args.join(", ")}? What is stored there stays.`))) {
    return exitStatus.failed;
  }
  await changeConfig(session.configDir, (config) => without(config, args));
  for (const name of args) {
    environment.stdout.write(`backup location ${name} forgotten; what is stored there stays\n`);
  }
  if (before.name !== after.name) {
    environment.stdout.write(`the default is now ${placeOf(after)}\n`);
  }
  return exitStatus.done;
}

function losesDefault(before: NamedLocation, after: NamedLocation): Error {
  return usageError(
    `${before.name} is the default location: without it, backups would go to ${placeOf(after)}`,
    "make another the default with ark-ts backup-location set NAME --default, or add --confirm if that is meant",
  );
}

const placeOf = ({ spec, display }: NamedLocation): string =>
  isDirectory(spec) ? `the directory ${display}` : display;

function without(config: CliConfig, names: readonly string[]): CliConfig {
  const { defaultLocation, ...rest } = config;
  const locations = Object.fromEntries(
    Object.entries(config.locations).filter(([name]) => !names.includes(name)),
  );
  return defaultLocation === undefined || names.includes(defaultLocation)
    ? { ...rest, locations }
    : { ...rest, defaultLocation, locations };
}
