import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import {
  builtInName,
  defaultLocation,
  isDirectory,
  type NamedLocation,
  namedLocation,
} from "../../locations.ts";
import { locationResource, shownProvider } from "../../render/location-resource.ts";
import { listOrItem, printResource } from "../../render/resource-output.ts";
import { type Column, renderTable } from "../../render/table.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";
import { enterStandalone } from "../../standalone.ts";

/** Lists the configured locations, and the built-in one where nothing replaces it. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await inEitherMode(invocation, "read-store", {
    standalone: listConfigured,
    server: async (session, server) =>
      await (await import("../../server-mode/location/locations.ts")).getLocations(session, server),
  });
}

async function listConfigured(session: Session): Promise<ExitStatus> {
  await enterStandalone(session, "read-store");
  const { config } = session;
  const { args, flags, environment } = session.invocation;
  const chosen = defaultLocation(config, environment).name;
  const all = [...new Set([builtInName, ...Object.keys(config.locations)])].sort();
  const names = (args.length > 0 ? args : all).filter(
    (name) => flags.boolean("default") !== true || name === chosen,
  );
  const locations = names.map((name) => namedLocation(name, config, environment));
  const columns: readonly Column<NamedLocation>[] = [
    { title: "NAME", cell: ({ name }) => name },
    { title: "PROVIDER", cell: ({ spec }) => shownProvider(spec.provider) },
    {
      title: "BUCKET/PREFIX",
      cell: ({ spec, display }) =>
        isDirectory(spec) ? display : [spec.bucket, spec.prefix].filter(Boolean).join("/"),
    },
    { title: "DEFAULT", cell: ({ name }) => (name === chosen ? "true" : "") },
  ];
  const items = locations.map((location) => locationResource(location, location.name === chosen));
  await printResource(environment, flags.text("output"), {
    value: listOrItem("BackupStorageLocation", items, args.length === 1),
    table: () => renderTable(columns, locations),
    names: names.map((name) => `backup-location/${name}`),
  });
  return exitStatus.done;
}
