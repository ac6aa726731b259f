import { isLeadershipLost } from "../catalog/continuation.ts";
import { findOwnedData } from "../catalog/owned-data.ts";
import { snapshotDigest } from "../domain/volumes/csi/deleted-snapshot.ts";
import type { StoredGroup } from "../domain/volumes/csi/group-objects.ts";
import { backupKeys, knownSnapshotKey } from "../format/keys.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import { ArkError, toArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { deleteStoredGroup, deleteStoredSnapshot } from "./csi/delete-stored-snapshot.ts";
import type { GroupApi } from "./csi/group-api.ts";
import {
  type OwnedSnapshot,
  type OwnedSnapshots,
  readOwnedSnapshots,
} from "./csi/owned-snapshots.ts";
import {
  createSnapshotApi,
  type SnapshotApi,
  type SnapshotCluster,
  snapshotKinds,
} from "./csi/snapshot-api.ts";

const atOnce = 10;
/** Without one more of them deleted. */
const patienceMs = 120_000;
/** A status is no place for thousands. */
const maxNamed = 20;

export interface SnapshotDeletion {
  readonly store: ObjectStore;
  /** Asked for only where there is something to delete. */
  readonly cluster: () => Promise<SnapshotCluster & Pick<Cluster, "discover" | "identity">>;
  readonly clock: Clock;
  /** Its native snapshots are deleted already, or will be before it. Default false. */
  readonly nativesGone?: boolean;
}

/**
 * Deletes the CSI snapshots that a backup owns, by the drivers of this cluster, and answers how many
 * were deleted. Call it before the backup's files go; called again it goes on. A backup without seal
 * has none here: a deletion that was begun has deleted them, a run that failed removes its own.
 * Errors: ARK_SNAPSHOT_LEFT, which names those that are left; those of {@link prepareSnapshots}.
 */
export async function deleteSnapshots(
  backup: string,
  ports: SnapshotDeletion,
  signal: AbortSignal,
): Promise<number> {
  return await (await prepareSnapshots(backup, ports, signal))();
}

/**
 * As {@link deleteSnapshots}, in two steps: what must refuse refuses here, and what is answered
 * deletes. Errors: ARK_BACKUP_OWNS_DATA where this cluster has no snapshots, or nothing says which
 * to delete; those of the store and the API server.
 */
export async function prepareSnapshots(
  backup: string,
  { store, cluster, clock, nativesGone = false }: SnapshotDeletion,
  signal: AbortSignal,
): Promise<() => Promise<number>> {
  const nothing = async (): Promise<number> => 0;
  if ((await store.head(backupKeys(backup).seal, { signal })) === undefined) return nothing;
  // Then nothing of it is deleted, and whoever deletes its files says why.
  const gone = { snapshotsGone: true, nativesGone };
  if ((await findOwnedData(store, backup, signal, gone)).length > 0) {
    return nothing;
  }
  const owned = await readOwnedSnapshots(store, backup, signal);
  if (owned.unclear.length > 0) throw unclearSnapshots(backup, owned.unclear);
  if (owned.snapshots.length === 0) return nothing;
  const connected = await cluster();
  const kinds = snapshotKinds((await connected.discover({ signal })).kinds);
  if (kinds === undefined) throw noSnapshotsHere(backup, owned.snapshots.length);
  const here = (await connected.identity({ signal })).id;
  const api = createSnapshotApi(connected, kinds);
  return async () => {
    const left = await deleteAll(backup, owned, { store, api, clock, here }, signal);
    if (left.length > 0) throw someAreLeft(backup, owned.snapshots.length, left);
    return owned.snapshots.length;
  };
}

interface Deleting {
  readonly store: ObjectStore;
  readonly api: SnapshotApi;
  readonly clock: Clock;
  /** Id of this cluster. */
  readonly here: string;
}

/** Answers what is left, as sentences. */
async function deleteAll(
  backup: string,
  { snapshots, clusterId }: OwnedSnapshots,
  { store, api, clock, here }: Deleting,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const isOfHere = clusterId === here;
  let endsMs = clock.monotonicMs() + patienceMs;
  const left: string[] = [];
  const knowing = async (one: Pick<OwnedSnapshot, "driver" | "handle">) => {
    // In another cluster nothing else tells one that is deleted from one that its storage never had.
    const mark = knownSnapshotKey(backup, snapshotDigest(one, here));
    const wasKnown = isOfHere || (await store.head(mark, { signal })) !== undefined;
    const onKnown = async (): Promise<void> => {
      if (!wasKnown) await store.put(mark, Buffer.from("{}\n"), { signal });
    };
    return { missingIsGone: wasKnown, onKnown };
  };
  const deleteOne = async (one: OwnedSnapshot): Promise<void> => {
    const how = { api, clock, endsMs: () => endsMs, ...(await knowing(one)) };
    await deleteStoredSnapshot(one, how, signal);
  };
  const { groups, alone } = partsOf(snapshots, api.groups);
  const tried = async (some: readonly OwnedSnapshot[], work: () => Promise<void>) => {
    try {
      await work();
      endsMs = clock.monotonicMs() + patienceMs;
    } catch (thrown) {
      signal.throwIfAborted();
      if (isLeadershipLost(signal)) throw thrown;
      const { message } = toArkError(thrown);
      left.push(...some.map(({ what, handle }) => `${what} (handle ${handle}): ${message}`));
    }
  };
  await mapConcurrently(alone, atOnce, (one) => tried([one], () => deleteOne(one)));
  await mapConcurrently(groups, atOnce, ({ group, snapshots: some, api: groupApi }) =>
    tried(some, async () => {
      const how = { api: groupApi, clock, endsMs: () => endsMs };
      await deleteStoredGroup(group, { ...how, ...(await knowing(group)) }, signal);
    }),
  );
  return left;
}

interface OwnedGroup {
  readonly group: StoredGroup;
  readonly snapshots: readonly OwnedSnapshot[];
  readonly api: GroupApi;
}

/**
 * Groups are deleted as a whole where the cluster can: some drivers delete their snapshots not
 * otherwise, and others would keep what is left of the group.
 */
function partsOf(
  snapshots: readonly OwnedSnapshot[],
  api: GroupApi | undefined,
): { readonly groups: readonly OwnedGroup[]; readonly alone: readonly OwnedSnapshot[] } {
  const groups = new Map<string, OwnedGroup>();
  const alone: OwnedSnapshot[] = [];
  for (const one of snapshots) {
    if (one.group === undefined || api === undefined) {
      alone.push(one);
      continue;
    }
    const { driver, handle } = one.group;
    const known = groups.get(`${driver}/${handle}`);
    const members = [...new Set([...(known?.group.members ?? []), ...one.group.members])].sort();
    const group = { driver, handle, members };
    const some = [...(known?.snapshots ?? []), one];
    groups.set(`${driver}/${handle}`, { group, snapshots: some, api });
  }
  return { groups: [...groups.values()], alone };
}

function someAreLeft(backup: string, count: number, left: readonly string[]): ArkError {
  const more = left.length > maxNamed ? [`and ${left.length - maxNamed} more`] : [];
  const named = [...left.slice(0, maxNamed), ...more].join("; ");
  return new ArkError(
    "ARK_SNAPSHOT_LEFT",
    `${left.length} of ${count} CSI snapshots of backup "${backup}" were not deleted, so that its files stay: ${named}`,
    {
      advice:
        "see the log of the driver's csi-snapshotter, then delete the backup again; or give up its snapshots with --metadata-only",
      disposition: "retry",
    },
  );
}

const giveUp =
  "delete it with a kubeconfig of the cluster that has their CSI driver; or give up the snapshots with --metadata-only";

function noSnapshotsHere(backup: string, count: number): ArkError {
  return new ArkError(
    "ARK_BACKUP_OWNS_DATA",
    `backup "${backup}" owns ${count} CSI snapshots, and this cluster does not serve snapshot.storage.k8s.io/v1`,
    { advice: giveUp },
  );
}

function unclearSnapshots(backup: string, unclear: readonly string[]): ArkError {
  return new ArkError(
    "ARK_BACKUP_OWNS_DATA",
    `backup "${backup}" owns CSI snapshots that cannot be deleted, as it does not say by which handle the storage knows them: ${unclear.slice(0, maxNamed).join(", ")}`,
    { advice: "delete them in the storage, then the backup with --metadata-only" },
  );
}
