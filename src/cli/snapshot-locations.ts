import { tmpdir } from "node:os";
import type { BackupSpec } from "../api/backup.ts";
import { readResource } from "../api/read-resource.ts";
import {
  type VolumeSnapshotLocation,
  volumeSnapshotLocationKind,
} from "../api/volume-snapshot-location.ts";
import { listAll } from "../catalog/list-objects.ts";
import { snapshotLocationViolations } from "../domain/backups/backup-violations.ts";
import { hasCode } from "../lib/errors.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { SnapshotLocations } from "../ports/snapshot-locations.ts";
import { serverNamespace } from "./choose-mode.ts";
import { openCluster } from "./compose.ts";
import { pluginFolder, pluginHostOptions } from "./plugin-host.ts";
import type { Session } from "./session.ts";
import { usageError } from "./usage-error.ts";

/**
 * The VolumeSnapshotLocations of the cluster, in the namespace of a server, served by the
 * executables of the plugin folder, which are asked when the first is opened, or by what is built
 * in. Undefined: there is none, or this user may not see them. Errors: those of discovery and of a
 * LIST.
 */
export async function clusterSnapshotLocations(
  session: Session,
  cluster: Cluster,
): Promise<SnapshotLocations | undefined> {
  const { signal } = session;
  const namespace = serverNamespace(session);
  const locations = await readLocations(cluster, namespace, signal);
  if (locations.length === 0) return undefined;
  const { createCredentialFiles } = await import("../server/credential-files.ts");
  const { snapshotLocationsNow } = await import("../server/snapshot-locations.ts");
  const { env, home: homeDirectory } = session.invocation.environment;
  const credentials = createCredentialFiles(env["TMPDIR"] ?? tmpdir());
  session.closing(() => credentials.close());
  const options = await pluginHostOptions(session);
  const survey = async () => {
    const { surveyPrograms } = await import("../adapters/plugin-host/survey-programs.ts");
    return await surveyPrograms(pluginFolder(session), options, signal);
  };
  let programs: ReturnType<typeof survey> | undefined;
  const findSnapshotter = async (plugin: string) => {
    programs ??= survey();
    const found = (await programs).find(({ plugins }) =>
      plugins.some(({ kind, name }) => kind === "VolumeSnapshotter" && name === plugin),
    );
    return found && { command: found.command, host: options };
  };
  const plugin = { env, homeDirectory, clock: session.clock, log: session.log };
  const ports = { cluster, namespace, locations, credentials, findSnapshotter, plugin };
  return snapshotLocationsNow(ports);
}

/** As {@link clusterSnapshotLocations}, for who may need them: asked for once, with the cluster. */
export function lateSnapshotLocations(
  session: Session,
): () => Promise<SnapshotLocations | undefined> {
  let found: ReturnType<typeof clusterSnapshotLocations> | undefined;
  return async () => {
    found ??= openCluster(session).then(({ cluster }) =>
      clusterSnapshotLocations(session, cluster),
    );
    return await found;
  };
}

/**
 * As {@link clusterSnapshotLocations}, for a backup. Errors: also ARK_USAGE for locations of its
 * spec that are not there, and where one of several must be named.
 */
export async function backupSnapshotLocations(
  session: Session,
  cluster: Cluster,
  spec: BackupSpec,
): Promise<SnapshotLocations | undefined> {
  const locations = await clusterSnapshotLocations(session, cluster);
  const violations = snapshotLocationViolations(spec, locations?.all ?? []);
  if (violations.length === 0) return locations;
  const named = oneOfEach(spec.volumeSnapshotLocations ?? [], locations?.all ?? []);
  const example = named.length === 0 ? "" : `, as --volume-snapshot-locations ${named.join(",")}`;
  throw usageError(
    `${violations.join("\n")} (namespace ${serverNamespace(session)})`,
    `name one of each provider${example}; ark-ts snapshot-location get lists them; --snapshot-volumes=false makes no snapshots`,
  );
}

/** Names that a backup may give: of each provider that which is given already, or the first one. */
function oneOfEach(
  given: readonly string[],
  all: readonly { readonly name: string; readonly provider: string }[],
): readonly string[] {
  const ofProvider = Map.groupBy(all, ({ provider }) => provider);
  return [...ofProvider.values()].flatMap((several) => {
    const names = several.map(({ name }) => name).sort();
    return names.find((name) => given.includes(name)) ?? names[0] ?? [];
  });
}

async function readLocations(
  cluster: Cluster,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly VolumeSnapshotLocation[]> {
  const { group, plural } = volumeSnapshotLocationKind;
  const { kinds } = await cluster.discover({ signal });
  const kind = kinds.find((one) => one.group === group && one.resource === plural);
  const found: VolumeSnapshotLocation[] = [];
  if (kind === undefined) return found;
  try {
    for await (const { bytes } of listAll(cluster, { kind, namespace }, { signal })) {
      found.push(readResource(volumeSnapshotLocationKind, bytes));
    }
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_API_FORBIDDEN")) throw thrown;
  }
  return found;
}
