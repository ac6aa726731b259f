import { createHash } from "node:crypto";
import type { Backup, BackupSpec } from "../api/backup.ts";
import { readStored } from "../catalog/read-stored.ts";
import { backupKeys, nameRecordKey, nameRecordsFolder, runFolder } from "../format/keys.ts";
import { decodeSeal, maxSealBytes } from "../format/seal.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { Liveness, RunOwner } from "./backup-run.ts";
import { decodeNameRecord, type NameRecord } from "./name-record.ts";
import { showsLife } from "./signs-of-life.ts";

export interface ClaimPorts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly liveness: Liveness;
  /** Told what a long look at another run waits for. */
  readonly onWait?: (waitingFor: string) => void;
}

/** The right to write a backup's name; see docs/format.md, "Names". */
export interface NameClaim {
  readonly record: NameRecord;
  /** The run that `record` names was begun by a process that died. */
  readonly continued: boolean;
  /** Errors: ARK_NAME_LOST when another process has taken the run over. */
  checkOwner(signal: AbortSignal): Promise<void>;
  /** The run is over, sealed or given up: removes its records and its checkpoints. */
  release(signal: AbortSignal): Promise<void>;
}

export type ClaimResult =
  | { readonly state: "claimed"; readonly claim: NameClaim }
  /** The same run was sealed by a process that died before it had tidied up; that is done now. */
  | { readonly state: "sealed"; readonly backup: Backup };

/**
 * Claims a name for one run: a new one, or the one that a dead process left if it is the same.
 * Errors: ARK_NAME_TAKEN when a sealed backup has the name; ARK_NAME_IN_USE when another run
 * owns it that is alive, or dead and of another specification.
 */
export async function claimName(
  name: string,
  wanted: NameRecord,
  ports: ClaimPorts,
  signal: AbortSignal,
): Promise<ClaimResult> {
  const last = await lastRecord(name, ports.store, signal);
  const sealed = await readSeal(name, ports.store, signal);
  if (sealed !== undefined) return await settleSealed(sealed, last, { name, ports }, signal);
  if (last === undefined)
    return await put(name, 1, { record: wanted, continued: false }, ports, signal);
  await refuseUnlessDead(name, last.record, ports, signal);
  refuseOther(name, last.record, wanted);
  const record = { ...last.record, owner: wanted.owner };
  return await put(name, last.epoch + 1, { record, continued: true }, ports, signal);
}

async function put(
  name: string,
  epoch: number,
  run: Pick<NameClaim, "record" | "continued">,
  ports: ClaimPorts,
  signal: AbortSignal,
): Promise<ClaimResult> {
  const { store } = ports;
  const body = Buffer.from(`${JSON.stringify(run.record, null, 2)}\n`);
  try {
    await store.put(nameRecordKey(name, epoch), body, { signal, ifAbsent: true });
  } catch (error) {
    if (hasCode(error, "ARK_STORE_EXISTS")) throw inUse(name, store, undefined);
    throw error;
  }
  const claim: NameClaim = {
    ...run,
    async checkOwner(checkSignal) {
      const epochs = await epochsOf(name, store, checkSignal);
      if (Math.max(0, ...epochs) > epoch) throw lost(name, store);
    },
    release: (releaseSignal) => removeTraces(name, run.record.runUid, store, releaseSignal),
  };
  return { state: "claimed", claim };
}

async function settleSealed(
  backup: Backup,
  last: { readonly record: NameRecord } | undefined,
  { name, ports }: { readonly name: string; readonly ports: ClaimPorts },
  signal: AbortSignal,
): Promise<ClaimResult> {
  const sameRun = last !== undefined && backup.metadata.uid === last.record.runUid;
  if (!sameRun) throw taken(name, ports.store);
  await refuseUnlessDead(name, last.record, ports, signal);
  await removeTraces(name, last.record.runUid, ports.store, signal);
  return { state: "sealed", backup };
}

async function readSeal(
  name: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<Backup | undefined> {
  const { seal } = backupKeys(name);
  if ((await store.head(seal, { signal })) === undefined) return undefined;
  return decodeSeal(await readStored(store, seal, maxSealBytes, signal), name);
}

async function epochsOf(
  name: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const folder = nameRecordsFolder(name);
  const epochs: number[] = [];
  for await (const entry of store.list(folder, { signal })) {
    const epoch = Number(entry.key.slice(folder.length));
    if (Number.isSafeInteger(epoch) && epoch > 0) epochs.push(epoch);
  }
  return epochs;
}

/** The record of the highest epoch: who owns the name, or owned it last. */
export async function lastRecord(
  name: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<{ readonly epoch: number; readonly record: NameRecord } | undefined> {
  const epoch = Math.max(0, ...(await epochsOf(name, store, signal)));
  if (epoch === 0) return undefined;
  const bytes = await readStored(store, nameRecordKey(name, epoch), 1024 * 1024, signal);
  return { epoch, record: decodeNameRecord(bytes, name) };
}

async function refuseUnlessDead(
  name: string,
  record: NameRecord,
  ports: ClaimPorts,
  signal: AbortSignal,
): Promise<void> {
  const liveness = ports.liveness(record.owner);
  if (liveness === "gone") return;
  if (liveness === "alive" || (await showsLife(record, ports, signal))) {
    throw inUse(name, ports.store, record);
  }
}

/** A run is continued only by the command that began it: same cluster, same specification. */
function refuseOther(name: string, found: NameRecord, wanted: NameRecord): void {
  const differences = [
    ...(found.clusterId === wanted.clusterId ? [] : ["the cluster"]),
    ...specDifferences(found.spec, wanted.spec),
    ...(found.requestSha256 === wanted.requestSha256 ? [] : ["labels, annotations or ttl"]),
  ];
  const [difference] = differences;
  if (difference === undefined) return;
  const named = differences.length === 1 ? difference : differences.slice(0, 3).join(", ");
  throw new ArkError(
    "ARK_NAME_IN_USE",
    `an interrupted backup "${name}" was begun with other settings`,
    {
      answer: `differs in: ${named}`,
      advice: `run the command that began it to continue it, or clear it with: ark-ts backup discard ${name}`,
    },
  );
}

function specDifferences(found: BackupSpec, wanted: BackupSpec): readonly string[] {
  const [a, b] = [new Map(Object.entries(found)), new Map(Object.entries(wanted))];
  return [...new Set([...a.keys(), ...b.keys()])].filter(
    (key) => JSON.stringify(a.get(key)) !== JSON.stringify(b.get(key)),
  );
}

/** Of what a request has beside its spec. */
export function requestDigest(request: {
  readonly labels: object;
  readonly annotations: object;
  readonly ttlMs: number;
}): string {
  const { labels, annotations, ttlMs } = request;
  return createHash("sha256").update(JSON.stringify({ labels, annotations, ttlMs })).digest("hex");
}

/** Checkpoints first: a record without them is begun again, checkpoints without one are nobody's. */
export async function removeTraces(
  name: string,
  runUid: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<void> {
  for (const folder of [runFolder(runUid), nameRecordsFolder(name)]) {
    const keys: string[] = [];
    for await (const entry of store.list(folder, { signal })) keys.push(entry.key);
    for (const key of keys) await store.remove(key, { signal });
  }
}

function taken(name: string, store: ObjectStore): ArkError {
  return new ArkError("ARK_NAME_TAKEN", `backup "${name}" exists already in ${store.display}`, {
    advice: `choose another name, or remove it with: ark-ts backup delete ${name}`,
  });
}

function lost(name: string, store: ObjectStore): ArkError {
  return new ArkError(
    "ARK_NAME_LOST",
    `another process has taken over backup "${name}" in ${store.display}`,
    { advice: "nothing more is written by this one; look at the other one's outcome" },
  );
}

function inUse(name: string, store: ObjectStore, record: NameRecord | undefined): ArkError {
  const who = record === undefined ? "another process" : describeOwner(record.owner, record);
  return new ArkError(
    "ARK_NAME_IN_USE",
    `backup "${name}" in ${store.display} is being written by ${who}`,
    { advice: "wait for it to end, or choose another name" },
  );
}

function describeOwner(owner: RunOwner, record: NameRecord): string {
  return `process ${owner.pid} on ${owner.host}, begun at ${record.startedAt}`;
}
