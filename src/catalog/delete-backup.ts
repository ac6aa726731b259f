import { backupKeys, nameRecordsFolder } from "../format/keys.ts";
import { ArkError, toArkError } from "../lib/errors.ts";
import { mapInOrder } from "../lib/map-in-order.ts";
import type { KeptVersion, ObjectStore } from "../ports/object-store.ts";
import { listRestores } from "./list-restores.ts";
import { findOwnedData } from "./owned-data.ts";
import { foreignFolder, isForeign } from "./unsealed-backup.ts";

const removalsInFlight = 8;

export interface DeleteBackupOptions {
  readonly signal: AbortSignal;
  /** Deletes the backup though what it owns elsewhere is then nobody's. Default false. */
  readonly metadataOnly?: boolean;
  /** Also removes a name that a run without seal owns; ask only when that run is dead. Default false. */
  readonly evenIfOwned?: boolean;
  /** Refuses what is sealed (ARK_NAME_TAKEN). Default false. */
  readonly onlyUnsealed?: boolean;
  /** After the seal, what cannot be removed is told in `left`, and the rest goes. Default false: it ends the deletion. */
  readonly goOn?: boolean;
  /** The CSI snapshots that it owns are deleted already. Default false. */
  readonly snapshotsGone?: boolean;
  /** Its native snapshots as well. Default false. */
  readonly nativesGone?: boolean;
}

/** Versions that a bucket with object lock or versioning keeps of what was removed. */
export interface HiddenData {
  readonly bytes: number;
  /** The last one cannot go before. */
  readonly until?: Date;
  /** The store's own rules remove the last one about then. Without both they stay. */
  readonly freedAbout?: Date;
}

export interface DeletedBackup {
  readonly name: string;
  /** False: only what an unfinished run or an unfinished deletion had left. */
  readonly wasSealed: boolean;
  readonly removedKeys: readonly string[];
  readonly removedBytes: number;
  /** CSI snapshots that were deleted before it; absent: none. */
  readonly snapshots?: number;
  /** Native snapshots likewise. */
  readonly natives?: number;
  /** What the store keeps of that, hidden; absent when all of it is freed. */
  readonly hidden?: HiddenData;
  /** With `goOn`: what could not be removed, and why. */
  readonly left?: readonly { readonly key: string; readonly error: ArkError }[];
  /** Data that is now nobody's; empty without `metadataOnly`. */
  readonly abandoned: readonly string[];
  /** Restores that were made from this backup; they are left as they are. */
  readonly restores: readonly string[];
}

/** What is there of a backup that may be deleted. */
interface Deletable {
  /** Sizes by key. */
  readonly stored: ReadonlyMap<string, number>;
  readonly records: ReadonlyMap<string, number>;
  readonly wasSealed: boolean;
  readonly owned: readonly string[];
}

/**
 * Refuses what {@link deleteBackup} would refuse, and changes nothing: for who does something
 * before it that cannot be taken back. Errors: ARK_BACKUP_NOT_FOUND, ARK_BACKUP_FOREIGN,
 * ARK_BACKUP_OWNS_DATA, ARK_NAME_IN_USE, ARK_NAME_TAKEN; those of the store.
 */
export async function checkDeletion(
  store: ObjectStore,
  name: string,
  options: DeleteBackupOptions,
): Promise<Deletable> {
  const { signal } = options;
  const keys = backupKeys(name);
  const stored = await keysBelow(store, keys.folder, signal);
  const records = await keysBelow(store, nameRecordsFolder(name), signal);
  const wasSealed = stored.has(keys.seal);
  if (stored.size === 0 && records.size === 0) {
    throw new ArkError("ARK_BACKUP_NOT_FOUND", `there is no backup "${name}" in ${store.display}`);
  }
  if (wasSealed && options.onlyUnsealed === true) {
    throw new ArkError("ARK_NAME_TAKEN", `backup "${name}" is sealed in ${store.display}`);
  }
  if (!wasSealed && isForeign(name, [...stored.keys(), ...records.keys()])) {
    throw foreignFolder(name);
  }
  if (!wasSealed && records.size > 0 && options.evenIfOwned !== true) {
    throw new ArkError("ARK_NAME_IN_USE", `a run that is not finished owns the name "${name}"`, {
      advice: `wait for it; if it is dead, remove what it left with: ark-ts backup discard ${name}`,
    });
  }
  const { snapshotsGone = false, nativesGone = false } = options;
  const owned = await findOwnedData(store, name, signal, { snapshotsGone, nativesGone });
  if (owned.length > 0 && options.metadataOnly !== true) throw ownsData(name, owned);
  return { stored, records, wasSealed, owned };
}

/**
 * Removes every key of the backup. The seal goes first and alone, so that at no time a backup
 * looks whole that is not; the lists of what it owns go last, so that a deletion that was cut
 * short can be repeated and decides the same. Errors: those of {@link checkDeletion}.
 */
export async function deleteBackup(
  store: ObjectStore,
  name: string,
  options: DeleteBackupOptions,
): Promise<DeletedBackup> {
  const { signal } = options;
  const keys = backupKeys(name);
  const { stored, records, wasSealed, owned } = await checkDeletion(store, name, options);
  const restores = await restoresFrom(store, name, signal);
  const all = new Map([...stored, ...records]);
  const left: { readonly key: string; readonly error: ArkError }[] = [];
  const remove = async (key: string) => {
    try {
      return { bytes: all.get(key) ?? 0, kept: await store.remove(key, { signal }) };
    } catch (thrown) {
      if (options.goOn !== true || key === keys.seal || signal.aborted) throw thrown;
      all.delete(key);
      left.push({ key, error: toArkError(thrown) });
      return { bytes: 0, kept: undefined };
    }
  };
  let hidden: HiddenData | undefined;
  for (const step of removalOrder(name, [...stored.keys()], [...records.keys()])) {
    for await (const { bytes, kept } of mapInOrder(step, removalsInFlight, remove)) {
      signal.throwIfAborted();
      if (kept !== undefined) hidden = withKept(hidden, bytes, kept);
    }
  }
  return {
    name,
    wasSealed,
    removedKeys: [...all.keys()],
    removedBytes: [...all.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0),
    ...(hidden === undefined ? {} : { hidden }),
    ...(left.length === 0 ? {} : { left }),
    abandoned: owned,
    restores,
  };
}

/** With one more version; without a date as soon as one of them has none. */
function withKept(sum: HiddenData | undefined, bytes: number, kept: KeptVersion): HiddenData {
  if (sum === undefined) return { bytes, ...kept };
  const until = later(sum.until, kept.until);
  const freedAbout = later(sum.freedAbout, kept.freedAbout);
  return {
    bytes: sum.bytes + bytes,
    ...(until === undefined ? {} : { until }),
    ...(freedAbout === undefined ? {} : { freedAbout }),
  };
}

function later(a: Date | undefined, b: Date | undefined): Date | undefined {
  if (a === undefined || b === undefined) return undefined;
  return a > b ? a : b;
}

/** Steps in order; within one the order does not matter. */
function removalOrder(
  name: string,
  stored: readonly string[],
  records: readonly string[],
): readonly (readonly string[])[] {
  const keys = backupKeys(name);
  const ownership = new Set([
    keys.volumeSnapshots,
    keys.podVolumeBackups,
    keys.csiVolumeSnapshots,
    keys.csiVolumeSnapshotContents,
    keys.volumeInfo,
  ]);
  return [
    stored.filter((key) => key === keys.seal),
    stored.filter((key) => key !== keys.seal && !ownership.has(key)),
    stored.filter((key) => ownership.has(key)),
    records,
  ];
}

async function keysBelow(
  store: ObjectStore,
  folder: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for await (const entry of store.list(folder, { signal })) {
    if (entry.kind === "object") found.set(entry.key, entry.sizeBytes ?? 0);
  }
  return found;
}

async function restoresFrom(
  store: ObjectStore,
  backup: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const listing of listRestores({ store }, { signal, concurrency: removalsInFlight })) {
    if (listing.state === "recorded" && listing.restore.spec.backupName === backup) {
      names.push(listing.name);
    }
  }
  return names;
}

function ownsData(name: string, owned: readonly string[]): ArkError {
  return new ArkError(
    "ARK_BACKUP_OWNS_DATA",
    `backup "${name}" owns data that this ark-ts cannot delete: ${owned.join("; ")}`,
    {
      advice:
        "delete it with the Velero that made it; or give up that data with --metadata-only, which deletes the backup and leaves the data behind",
    },
  );
}
