import { isDeepStrictEqual } from "node:util";
import { howToContinue } from "../domain/restore/continue-command.ts";
import { numberOfLogSegment, runFolder, runOfThawKey } from "../format/keys.ts";
import { ArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { decodeNameRecord, type NameRecord } from "./name-record.ts";
import { epochOf, putRecord } from "./put-record.ts";
import { readStored } from "./read-stored.ts";
import type { Liveness, RunOwner } from "./run-owner.ts";
import { showsLife } from "./signs-of-life.ts";

/** The names of one kind of run: where their records lie, and how sentences speak of them. */
export interface NameScope<Done> {
  readonly noun: "backup" | "restore";
  /** What its run does with it: `is being <activity> by`. */
  readonly activity: "written" | "run";
  /** What a request has beside its spec, for a sentence. */
  readonly besideSpec: string;
  /** What to do about a name that is taken. */
  takenAdvice(name: string): string;
  /** Ends in a slash. */
  folder(name: string): string;
  key(name: string, epoch: number): string;
  /** What a run of this name has finished, and the uid of that run; undefined: nothing. */
  findDone(
    name: string,
    store: ObjectStore,
    signal: AbortSignal,
  ): Promise<{ readonly done: Done; readonly runUid: string | undefined } | undefined>;
}

export interface ClaimPorts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly liveness: Liveness;
  /** Told what a long look at another run waits for. */
  readonly onWait?: (waitingFor: string) => void;
}

/** The right to a name for one run; see docs/format.md, "Names". */
export interface NameClaim {
  readonly record: NameRecord;
  /** The run that `record` names was begun by a process that died. */
  readonly continued: boolean;
  /** Errors: ARK_NAME_LOST when another process has taken the run over or discarded it. */
  checkOwner(signal: AbortSignal): Promise<void>;
  /**
   * The run is over, finished or given up: removes its records and its journal, unless they are
   * another process's by now.
   */
  release(signal: AbortSignal): Promise<void>;
}

export type ClaimResult<Done> =
  | { readonly state: "claimed"; readonly claim: NameClaim }
  /** The same run was finished by a process that died before it had tidied up; that is done now. */
  | { readonly state: "done"; readonly done: Done };

interface Wanted<Done> {
  readonly scope: NameScope<Done>;
  readonly name: string;
  readonly wanted: NameRecord;
}

/**
 * Claims a name for one run: a new one, or the one that a dead process left if it is the same;
 * `wanted.runUid` of a run that has finished answers that.
 * Errors: ARK_NAME_TAKEN when something finished has the name; ARK_NAME_IN_USE when another run
 * owns it that is alive, or dead and of another specification.
 */
export async function claimName<Done>(
  request: Wanted<Done>,
  ports: ClaimPorts,
  signal: AbortSignal,
): Promise<ClaimResult<Done>> {
  const { scope, name, wanted } = request;
  const last = await lastRecord(scope, name, ports.store, signal);
  const finished = await scope.findDone(name, ports.store, signal);
  if (finished !== undefined) {
    if (last === undefined) {
      if (finished.runUid === wanted.runUid) return { state: "done", done: finished.done };
      throw taken(request, ports);
    }
    if (finished.runUid !== last.record.runUid) {
      await clearLatecomers(request, last.record.runUid, ports.store, signal);
      throw taken(request, ports);
    }
    await refuseUnlessDead(request, last.record, ports, signal);
    await removeTraces(scope, name, last.record.runUid, { store: ports.store, signal });
    return { state: "done", done: finished.done };
  }
  if (last === undefined) {
    return await put(request, 1, { record: wanted, continued: false }, ports, signal);
  }
  await refuseUnlessDead(request, last.record, ports, signal);
  refuseOther(request, last.record);
  const record = { ...last.record, owner: wanted.owner };
  return await put(request, last.epoch + 1, { record, continued: true }, ports, signal);
}

/**
 * Records beside something finished are of contenders that came too late and died before they
 * withdrew; one that still lives finds the name taken, with its record or without.
 */
async function clearLatecomers(
  { scope, name }: Wanted<unknown>,
  runUid: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<void> {
  try {
    await removeTraces(scope, name, runUid, { store, signal });
  } catch {
    // What cannot be removed does no harm, and that the name is taken matters more.
    signal.throwIfAborted();
  }
}

async function put<Done>(
  request: Wanted<Done>,
  epoch: number,
  run: Pick<NameClaim, "record" | "continued">,
  ports: ClaimPorts,
  signal: AbortSignal,
): Promise<ClaimResult<Done>> {
  const { scope, name, wanted } = request;
  const { store } = ports;
  const body = Buffer.from(`${JSON.stringify(run.record, null, 2)}\n`);
  const folder = scope.folder(name);
  const place = { folder, epoch, key: scope.key(name, epoch), contender: wanted.runUid };
  const held = await putRecord(place, body, ports, signal);
  if (held === undefined) throw inUse(scope, name, store, undefined);
  // Whoever had the name may have finished while it was looked at, and its record be gone.
  const finished = await scope.findDone(name, store, signal);
  if (finished !== undefined) {
    await removeTraces(scope, name, run.record.runUid, { store, signal });
    if (finished.runUid !== run.record.runUid) throw taken(request, ports);
    return { state: "done", done: finished.done };
  }
  const claim: NameClaim = {
    ...run,
    async checkOwner(checkSignal) {
      const [last] = await lastRecordKeys(folder, store, checkSignal);
      if (last?.epoch === epoch) return;
      // A list may lag behind.
      const isThere = async () => (await store.head(held, { signal: checkSignal })) !== undefined;
      if ((last?.epoch ?? 0) > epoch || !(await isThere())) throw lost(scope, name, store);
    },
    async release(releaseSignal) {
      const [last] = await lastRecordKeys(folder, store, releaseSignal);
      if ((last?.epoch ?? 0) > epoch) return;
      await removeTraces(scope, name, run.record.runUid, { store, signal: releaseSignal });
    },
  };
  return { state: "claimed", claim };
}

interface RecordKey {
  readonly key: string;
  readonly epoch: number;
}

/** Those of the highest epoch: one, but where contenders without create-only puts meet. */
async function lastRecordKeys(
  folder: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<readonly RecordKey[]> {
  let last: RecordKey[] = [];
  for await (const entry of store.list(folder, { signal })) {
    const epoch = epochOf(entry, folder);
    if (epoch === 0 || epoch < (last[0]?.epoch ?? 0)) continue;
    const found = { key: entry.key, epoch };
    last = epoch === last[0]?.epoch ? [...last, found] : [found];
  }
  return last;
}

type RecordScope = Pick<NameScope<unknown>, "noun" | "folder" | "key">;

/**
 * The record of the highest epoch: who owns the name, or owned it last; undefined when nobody is
 * recorded. Errors: ARK_BACKUP_DAMAGED.
 */
export async function lastRecord(
  scope: RecordScope,
  name: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<{ readonly epoch: number; readonly record: NameRecord } | undefined> {
  const found: { readonly epoch: number; readonly record: NameRecord }[] = [];
  for (const { key, epoch } of await lastRecordKeys(scope.folder(name), store, signal)) {
    const bytes = await readStored(store, key, 1024 * 1024, signal);
    found.push({ epoch, record: decodeNameRecord(bytes, scope.noun, name) });
  }
  // A contender that died before it withdrew has no journal.
  for (const one of found.length > 1 ? found : []) {
    for await (const { key } of store.list(runFolder(one.record.runUid), { signal })) {
      if (numberOfLogSegment(key) === undefined) return one;
    }
  }
  return found[0];
}

async function refuseUnlessDead(
  { scope, name, wanted }: Wanted<unknown>,
  record: NameRecord,
  ports: ClaimPorts,
  signal: AbortSignal,
): Promise<void> {
  // Who asks for the same run again does not execute it any more.
  const isOwn = record.runUid === wanted.runUid && isDeepStrictEqual(record.owner, wanted.owner);
  if (isOwn) return;
  const liveness = ports.liveness(record.owner);
  if (liveness === "gone") return;
  if (liveness === "alive" || (await showsLife(record, ports, signal))) {
    throw inUse(scope, name, ports.store, record);
  }
}

/** A run is continued only by the command that began it: same cluster, same specification. */
function refuseOther({ scope, name, wanted }: Wanted<unknown>, found: NameRecord): void {
  const differences = [
    ...clusterDifference(found.clusterId, wanted.clusterId),
    ...(found.backupUid === wanted.backupUid ? [] : ["the backup, which was made anew"]),
    ...specDifferences(found.spec, wanted.spec),
    ...(found.requestSha256 === wanted.requestSha256 ? [] : [scope.besideSpec]),
  ];
  const [difference] = differences;
  if (difference === undefined) return;
  const named = differences.length === 1 ? difference : differences.slice(0, 3).join(", ");
  throw new ArkError(
    "ARK_NAME_IN_USE",
    `an interrupted ${scope.noun} "${name}" was begun with other settings`,
    {
      answer: `differs in: ${named}`,
      advice: `${howToContinue(found)}; or clear it with: ark-ts ${scope.noun} discard ${name}`,
    },
  );
}

/** A digest stands for a cluster whose kube-system namespace the user may not read. */
function clusterDifference(found: string, wanted: string): readonly string[] {
  if (found === wanted) return [];
  const isDigest = (id: string): boolean => /^[0-9a-f]{64}$/.test(id);
  if (isDigest(found) === isDigest(wanted)) return ["the cluster"];
  return [
    "the cluster, or the user alone: one may read namespace kube-system and the other not, and each knows the cluster by another id",
  ];
}

function specDifferences(found: object, wanted: object): readonly string[] {
  const [a, b] = [new Map(Object.entries(found)), new Map(Object.entries(wanted))];
  return [...new Set([...a.keys(), ...b.keys()])].filter(
    (key) => JSON.stringify(a.get(key)) !== JSON.stringify(b.get(key)),
  );
}

/**
 * Journal first: a record without one is begun again, a journal without a record is nobody's.
 * `runUid` is undefined where no record can be read.
 */
export async function removeTraces(
  scope: Pick<RecordScope, "folder">,
  name: string,
  runUid: string | undefined,
  { store, signal }: { readonly store: ObjectStore; readonly signal: AbortSignal },
): Promise<void> {
  const journal = runUid === undefined ? [] : [runFolder(runUid)];
  for (const folder of [...journal, scope.folder(name)]) {
    const keys: string[] = [];
    for await (const entry of store.list(folder, { signal })) keys.push(entry.key);
    // What pods are owed outlives the run.
    const removed = keys.filter((key) => runOfThawKey(key) === undefined);
    for (const key of removed) await store.remove(key, { signal });
  }
}

function taken({ scope, name }: Wanted<unknown>, { store }: ClaimPorts): ArkError {
  return new ArkError(
    "ARK_NAME_TAKEN",
    `${scope.noun} "${name}" exists already in ${store.display}`,
    { advice: scope.takenAdvice(name) },
  );
}

function lost({ noun }: NameScope<unknown>, name: string, store: ObjectStore): ArkError {
  return new ArkError(
    "ARK_NAME_LOST",
    `another process has taken over or discarded ${noun} "${name}" in ${store.display}`,
    { advice: "nothing more is written by this one; look at the other one's outcome" },
  );
}

function inUse(
  { noun, activity }: NameScope<unknown>,
  name: string,
  store: ObjectStore,
  record: NameRecord | undefined,
): ArkError {
  const who =
    record === undefined
      ? "another process"
      : `${describeOwner(record.owner)}, begun at ${record.startedAt}`;
  return new ArkError(
    "ARK_NAME_IN_USE",
    `${noun} "${name}" in ${store.display} is being ${activity} by ${who}`,
    { advice: "wait for it to end, or choose another name" },
  );
}

/** `process 7 on host`, as sentences name it. */
export function describeOwner({ pid, host }: RunOwner): string {
  return `process ${pid} on ${host}`;
}
