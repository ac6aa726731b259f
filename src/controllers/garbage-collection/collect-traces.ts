import { backupNames } from "../../backup/backup-names.ts";
import { abortUpload } from "../../backup/discard-run.ts";
import { lastRecord } from "../../catalog/name-claim.ts";
import type { NameRecord } from "../../catalog/name-record.ts";
import { restoreRecordIfReadable } from "../../catalog/restore-records.ts";
import type { Liveness } from "../../catalog/run-owner.ts";
import { whyTraceStays } from "../../domain/retention/judge-trace.ts";
import {
  backupKeys,
  nameInKey,
  namesPrefix,
  restoreRecordsPrefix,
  runOfThawKey,
  runsPrefix,
} from "../../format/keys.ts";
import { hasCode } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";

export interface TracePorts {
  readonly store: ObjectStore;
  readonly now: Date;
  /** Takes only what runs of this cluster left; undefined: of all. */
  readonly clusterId: string | undefined;
  readonly liveness: Liveness;
  /** Whether the cluster has an unfinished Backup of this name. */
  readonly isUnfinished: (backup: string) => boolean;
  /** What stood there at the look before, by folder; kept by the caller. */
  readonly before: Map<string, string>;
}

/** Names and runs of which something was removed. */
export interface CollectedTraces {
  readonly names: readonly string[];
  readonly runs: readonly string[];
}

/** What stands in a folder; its text is the same only as long as nothing is written there. */
interface Heap {
  readonly keys: string[];
  newestMs: number;
}

/**
 * Removes what runs have left that nobody goes on with: the records of names whose backup is sealed
 * or has no file at all, with their journals and uploads, and journals that no record names. What
 * pods are owed is never touched, nor records of restores. Errors: those of the store.
 */
export async function collectTraces(
  ports: TracePorts,
  signal: AbortSignal,
): Promise<CollectedTraces> {
  const { store, before } = ports;
  const runs = await heapsBelow(store, runsPrefix, signal);
  const names = await heapsBelow(store, namesPrefix, signal);
  const seen = new Map(before);
  before.clear();
  const isUnchanged = (folder: string, heaps: readonly (Heap | undefined)[]): boolean => {
    const text = heaps.map((heap) => `${heap?.keys.length ?? 0}@${heap?.newestMs ?? 0}`).join(" ");
    before.set(folder, text);
    return seen.get(folder) === text;
  };
  const restores = await runsOfRestores(store, signal);
  const recorded = new Set(restores);
  // A record that cannot be read may be of a run that lives, and any journal be its.
  let isClear = !restores.includes(undefined);
  const collected = { names: [] as string[], runs: [] as string[] };
  for (const [name, heap] of names) {
    const record = await readRecord(store, name, signal);
    if (record === undefined) {
      isClear = false;
      continue;
    }
    recorded.add(record.runUid);
    const journal = runs.get(record.runUid);
    const trace = {
      clusterId: record.clusterId,
      liveness: ports.liveness(record.owner),
      newest: new Date(Math.max(heap.newestMs, journal?.newestMs ?? 0)),
      isNeeded: ports.isUnfinished(name) || (await hasUnsealedFiles(store, name, signal)),
      isUnchanged: isUnchanged(`${namesPrefix}${name}`, [heap, journal]),
    };
    if (whyTraceStays(trace, { now: ports.now, own: ports.clusterId }) !== undefined) continue;
    if (!(await stillStands(store, name, heap, signal))) continue;
    await abortUpload(store, name, record.runUid, signal);
    // The journal first, as where a run is discarded; and only what was judged.
    for (const key of [...withoutThaws(journal), ...heap.keys]) await store.remove(key, { signal });
    collected.names.push(name);
  }
  for (const [run, heap] of isClear ? runs : []) {
    const keys = withoutThaws(heap);
    if (recorded.has(run) || keys.length === 0) continue;
    const trace = {
      clusterId: undefined,
      liveness: "unknown" as const,
      newest: new Date(heap.newestMs),
      isNeeded: false,
      isUnchanged: isUnchanged(`${runsPrefix}${run}`, [heap]),
    };
    // A journal that no record names is nobody's, whatever the cluster.
    if (whyTraceStays(trace, { now: ports.now, own: undefined }) !== undefined) continue;
    for (const key of keys) await store.remove(key, { signal });
    collected.runs.push(run);
  }
  return collected;
}

/** What pods are owed outlives the run. */
function withoutThaws(heap: Heap | undefined): readonly string[] {
  return (heap?.keys ?? []).filter((key) => runOfThawKey(key) === undefined);
}

/** False where a run has claimed the name since: then the record that was judged may be its. */
async function stillStands(
  store: ObjectStore,
  name: string,
  judged: Heap,
  signal: AbortSignal,
): Promise<boolean> {
  const heap = (await heapsBelow(store, namesPrefix, signal, `${name}/`)).get(name);
  const keys = new Set(judged.keys);
  return (
    heap?.keys.length === keys.size &&
    heap.newestMs === judged.newestMs &&
    heap.keys.every((key) => keys.has(key))
  );
}

/** By the first segment behind `prefix`; what is not a folder of an allowed name is left alone. */
async function heapsBelow(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal,
  only = "",
): Promise<ReadonlyMap<string, Heap>> {
  const heaps = new Map<string, Heap>();
  for await (const entry of store.list(`${prefix}${only}`, { signal })) {
    const name = nameInKey(entry.key, prefix);
    if (entry.kind !== "object" || name === undefined) continue;
    const heap = heaps.get(name) ?? { keys: [], newestMs: 0 };
    heap.keys.push(entry.key);
    // What is of unknown age is not collected.
    const writtenMs = entry.modifiedAt?.getTime() ?? Number.POSITIVE_INFINITY;
    heap.newestMs = Math.max(heap.newestMs, writtenMs);
    heaps.set(name, heap);
  }
  return heaps;
}

async function readRecord(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<NameRecord | undefined> {
  try {
    return (await lastRecord(backupNames, name, store, signal))?.record;
  } catch (thrown) {
    if (hasCode(thrown, "ARK_BACKUP_DAMAGED") || hasCode(thrown, "ARK_STORE_NOT_FOUND")) return;
    throw thrown;
  }
}

/** A run that has got as far as its own files is discarded by a person, and by nobody else. */
async function hasUnsealedFiles(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { folder, seal } = backupKeys(name);
  let some = false;
  for await (const { key } of store.list(folder, { signal })) {
    if (key === seal) return false;
    some = true;
  }
  return some;
}

/** Undefined for each record that cannot be read. */
async function runsOfRestores(
  store: ObjectStore,
  signal: AbortSignal,
): Promise<readonly (string | undefined)[]> {
  const heaps = await heapsBelow(store, restoreRecordsPrefix, signal);
  const runs: (string | undefined)[] = [];
  for (const name of heaps.keys()) {
    runs.push((await restoreRecordIfReadable(store, name, signal))?.runUid);
  }
  return runs;
}
