import type { ResourceKind } from "../api/resource-kind.ts";
import { type BackupListing, listBackups } from "../catalog/list-backups.ts";
import { listRestores } from "../catalog/list-restores.ts";
import { readLocationId } from "../catalog/location-id.ts";
import type { Liveness } from "../catalog/run-owner.ts";
import { labelValue } from "../domain/label-value.ts";
import {
  judgeRestored,
  type KnownRestores,
  type RestoredQuestion,
  type RestoredTrace,
} from "../domain/volumes/csi/judge-restored.ts";
import {
  judgeTrace,
  type KnownRun,
  ownerKey,
  type SnapshotTrace,
  type TraceVerdict,
} from "../domain/volumes/csi/judge-trace.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import { ArkError, toArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { askStoredSnapshot, type StoredAnswer } from "./csi/ask-stored-snapshot.ts";
import { listRestored } from "./csi/list-restored.ts";
import { listTraces } from "./csi/list-traces.ts";
import { type OwnedSnapshots, readOwnedSnapshots } from "./csi/owned-snapshots.ts";
import {
  createSnapshotApi,
  type SnapshotApi,
  type SnapshotCluster,
  snapshotKinds,
} from "./csi/snapshot-api.ts";

/** Backups read, and drivers asked, at once. */
const atOnce = 10;
/** For one answer of a driver. */
const answerMs = 60_000;

export interface JudgedTrace {
  /** Of a backup's run, or of a restore's. */
  readonly trace: SnapshotTrace | RestoredTrace;
  readonly verdict: TraceVerdict;
}

/** A snapshot that a backup owns, and what its driver said of it when that is not that it has it. */
export interface LostSnapshot {
  readonly backup: string;
  /** `claim shop/data`, or the name of its object. */
  readonly what: string;
  readonly driver: string;
  readonly handle: string;
  readonly answer: Exclude<StoredAnswer["answer"], "there">;
  readonly said: string;
}

export interface NamedReason {
  readonly backup: string;
  /** A clause. */
  readonly reason: string;
}

export interface OrphanReport {
  /** Id of this cluster. */
  readonly clusterId: string;
  readonly traces: readonly JudgedTrace[];
  /** Whether drivers were asked for what backups own. */
  readonly asked: boolean;
  /** Empty unless they were. */
  readonly lost: readonly LostSnapshot[];
  /** How many snapshots drivers said that they have. */
  readonly found: number;
  /** Backups with snapshots that no driver of this cluster can be asked for. */
  readonly elsewhere: readonly NamedReason[];
  /** Backups of which nobody can say which snapshots they own. */
  readonly unread: readonly NamedReason[];
}

export interface OrphanSearch {
  readonly store: ObjectStore;
  /** Where restores from a location that takes no records have theirs. */
  readonly journalStore?: ObjectStore | undefined;
  readonly cluster: SnapshotCluster & Pick<Cluster, "discover" | "identity">;
  readonly clock: Clock;
  readonly liveness: Liveness;
  /** Makes a content for each snapshot that a backup owns, and removes it again. */
  readonly askDrivers: boolean;
  readonly onWait?: (what: string) => void;
}

/** Errors: ARK_SNAPSHOTS_NOT_SERVED. */
export async function connectSnapshots(
  cluster: OrphanSearch["cluster"],
  signal: AbortSignal,
): Promise<SnapshotApi> {
  return connectServed(cluster, (await cluster.discover({ signal })).kinds);
}

function connectServed(
  cluster: OrphanSearch["cluster"],
  served: readonly ResourceKind[],
): SnapshotApi {
  const kinds = snapshotKinds(served);
  if (kinds !== undefined) return createSnapshotApi(cluster, kinds);
  throw new ArkError(
    "ARK_SNAPSHOTS_NOT_SERVED",
    "this cluster does not serve snapshot.storage.k8s.io/v1, so that it has no CSI snapshots",
    {
      advice: "ask with a kubeconfig of the cluster that has the CSI driver and its snapshotter",
    },
  );
}

/**
 * Compares the CSI snapshots of this cluster that runs of ours made with the backups of a location,
 * both ways, and what restores made to have claims of snapshots with those claims. Errors: ARK_SNAPSHOTS_NOT_SERVED, those of the API server and the store.
 */
export async function findOrphans(
  search: OrphanSearch,
  signal: AbortSignal,
): Promise<OrphanReport> {
  const { store, cluster, askDrivers } = search;
  const served = (await cluster.discover({ signal })).kinds;
  const api = connectServed(cluster, served);
  const clusterId = (await cluster.identity({ signal })).id;
  // First: a run that begins meanwhile is found in the location, and what it makes is not seen.
  const traces = await listTraces(api, signal);
  const locationId = await readLocationId(store, signal);
  const { runs, sealed, unread: unreadable } = await knownRuns(search, signal);
  const isNeeded = askDrivers || traces.length > 0;
  const { owned, unread: unowned } = await ownedBy(isNeeded ? sealed : [], store, signal);
  const unread = [...unreadable, ...unowned];
  const owners = new Map<string, string>();
  for (const [backup, { snapshots }] of owned) {
    for (const { driver, handle, group } of snapshots) {
      owners.set(ownerKey(driver, handle), backup);
      if (group !== undefined) owners.set(ownerKey(driver, group.handle), backup);
    }
  }
  const names = [...new Set(unread.map(({ backup }) => backup))];
  const question = { clusterId, locationId, runs, owners, unread: names };
  const judged = [
    ...traces.map((trace) => ({ trace, verdict: judgeTrace(trace, question) })),
    ...(await judgeRestores(search, { ...question, served }, signal)),
  ];
  const answers = askDrivers
    ? await askAll(owned, api, { ...search, clusterId }, signal)
    : { lost: [], found: 0, elsewhere: [] };
  return { clusterId, traces: judged, asked: askDrivers, ...answers, unread };
}

async function judgeRestores(
  search: OrphanSearch,
  question: Pick<RestoredQuestion, "clusterId" | "locationId"> & {
    readonly served: readonly ResourceKind[];
  },
  signal: AbortSignal,
): Promise<readonly JudgedTrace[]> {
  let restores: KnownRestores = { open: [], ended: new Set() };
  const readRecords = async (): Promise<void> => {
    restores = await knownRestores(search, signal);
  };
  const traces = await listRestored(search.cluster, question.served, readRecords, signal);
  const asked = { ...question, restores, now: search.clock.now() };
  return traces.map((trace) => ({ trace, verdict: judgeRestored(trace, asked) }));
}

async function knownRestores(
  { store, journalStore, liveness }: OrphanSearch,
  signal: AbortSignal,
): Promise<KnownRestores> {
  const open: { name: string; running: boolean }[] = [];
  const ended = new Set<string>();
  const options = { signal, concurrency: atOnce, liveness };
  for await (const listing of listRestores({ store, journalStore }, options)) {
    const { name } = listing;
    if (listing.state === "recorded") ended.add(name);
    else if (listing.state === "unreadable") open.push({ name, running: false });
    else if (listing.run.outcome === "ended") ended.add(name);
    else open.push({ name, running: listing.run.outcome === "running" });
  }
  return { open, ended };
}

interface KnownRuns {
  readonly runs: ReadonlyMap<string, KnownRun>;
  readonly sealed: readonly string[];
  readonly unread: readonly NamedReason[];
}

async function knownRuns(
  { store, liveness }: OrphanSearch,
  signal: AbortSignal,
): Promise<KnownRuns> {
  const runs = new Map<string, KnownRun>();
  const sealed: string[] = [];
  const unread: NamedReason[] = [];
  const options = { signal, concurrency: atOnce, liveness };
  for await (const listing of listBackups(store, options)) {
    const backup = listing.name;
    const run = runOf(listing);
    if (listing.state === "sealed") sealed.push(backup);
    if (run === undefined) continue;
    if ("reason" in run) unread.push({ backup, reason: run.reason });
    else runs.set(labelValue(run.uid), { backup, state: run.state });
  }
  return { runs, sealed, unread };
}

/** Undefined: it is none that can have made a snapshot, or has ended without a backup. */
function runOf(
  listing: BackupListing,
):
  | { readonly uid: string; readonly state: KnownRun["state"] }
  | { readonly reason: string }
  | undefined {
  if (listing.state === "unreadable") {
    const { code, message } = listing.error;
    return code === "ARK_BACKUP_FOREIGN" ? undefined : { reason: message };
  }
  if (listing.state === "sealed") {
    return { uid: listing.backup.metadata.uid ?? "", state: "sealed" };
  }
  const { outcome, record } = listing.run;
  if (record !== undefined) {
    return { uid: record.runUid, state: outcome === "running" ? "running" : "open" };
  }
  const hasEnded = outcome === "failed" || outcome === "cancelled";
  return hasEnded ? undefined : { reason: "its run did not end, and its record cannot be read" };
}

async function ownedBy(
  backups: readonly string[],
  store: ObjectStore,
  signal: AbortSignal,
): Promise<{
  readonly owned: ReadonlyMap<string, OwnedSnapshots>;
  readonly unread: readonly NamedReason[];
}> {
  const owned = new Map<string, OwnedSnapshots>();
  const unread: NamedReason[] = [];
  await mapConcurrently(backups, atOnce, async (backup) => {
    try {
      const found = await readOwnedSnapshots(store, backup, signal);
      owned.set(backup, found);
      if (found.unclear.length === 0) return;
      const which = found.unclear.join(", ");
      unread.push({ backup, reason: `it does not say which snapshot it has of ${which}` });
    } catch (thrown) {
      signal.throwIfAborted();
      unread.push({ backup, reason: toArkError(thrown).message });
    }
  });
  const inOrder = [...owned].sort(([one], [other]) => (one < other ? -1 : 1));
  return { owned: new Map(inOrder), unread };
}

type Answers = Pick<OrphanReport, "lost" | "found" | "elsewhere">;

async function askAll(
  owned: ReadonlyMap<string, OwnedSnapshots>,
  api: SnapshotApi,
  { clock, clusterId: here, onWait }: OrphanSearch & { readonly clusterId: string },
  signal: AbortSignal,
): Promise<Answers> {
  const elsewhere: NamedReason[] = [];
  const questions = [...owned].flatMap(([backup, { snapshots, clusterId }]) => {
    if (snapshots.length === 0) return [];
    if (clusterId === here) return snapshots.map((stored) => ({ backup, stored }));
    const whose =
      clusterId === undefined ? "does not say of which cluster it is" : `is of ${clusterId}`;
    elsewhere.push({ backup, reason: `it ${whose}, and that storage may not be here` });
    return [];
  });
  let done = 0;
  const answers = await mapConcurrently(questions, atOnce, async ({ backup, stored }) => {
    onWait?.(`drivers to answer for ${questions.length - done} snapshots`);
    const answer = await askStoredSnapshot(stored, api, { clock, limitMs: answerMs }, signal);
    done += 1;
    return { backup, ...stored, ...answer };
  });
  const lost = answers.flatMap(({ backup, what, driver, handle, answer, said }) =>
    answer === "there" ? [] : [{ backup, what, driver, handle, answer, said }],
  );
  return { lost, found: answers.length - lost.length, elsewhere };
}
