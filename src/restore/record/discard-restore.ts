import { removeTraces } from "../../catalog/name-claim.ts";
import type { NameRecord } from "../../catalog/name-record.ts";
import { restoreRecordIfReadable, restoreRecords } from "../../catalog/restore-records.ts";
import { restoreKeys, restoreRecordsFolder } from "../../format/keys.ts";
import { hasCode } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { objectKey } from "../apply/object-key.ts";
import { removalOf, uidsInRemoval } from "../apply/removals.ts";
import { volumesLeftBy } from "../natives/tell-left-volumes.ts";
import { describeTarget } from "../restore-run.ts";
import { readInterruptedRestore } from "./interrupted-restore.ts";
import { readableFormers, removeFormers } from "./read-formers.ts";

/** What a run of a restore left that has not ended. */
export interface LeftRestore {
  readonly name: string;
  /** Undefined: it cannot be read, and so the journal of the run is not known. */
  readonly record: NameRecord | undefined;
  /** Where its records and its journal lie. */
  readonly journalStore: ObjectStore;
}

/** Undefined: no run owns the name. */
export async function findLeftRestore(
  name: string,
  places: readonly ObjectStore[],
  signal: AbortSignal,
): Promise<LeftRestore | undefined> {
  for (const journalStore of places) {
    for await (const _ of journalStore.list(restoreRecordsFolder(name), { signal })) {
      const record = await restoreRecordIfReadable(journalStore, name, signal);
      return { name, record, journalStore };
    }
  }
  return undefined;
}

/**
 * How many objects the run has kept as they were before it changed or deleted them; parts that
 * cannot be read count as none. Errors: those of the store.
 */
export async function countFormerObjects(
  { name, journalStore }: LeftRestore,
  signal: AbortSignal,
): Promise<number> {
  const met = new Set<string>();
  for await (const former of readableFormers(journalStore, name, signal)) {
    met.add(objectKey(former.resource, former.namespace, former.name));
  }
  return met.size;
}

/**
 * What the run may have deleted with nothing made in its place. Where its journal cannot be read
 * as a whole, all that it has kept before deleting; parts of that which cannot be read tell
 * nothing. Errors: those of the store.
 */
export async function perhapsMissing(
  { name, record, journalStore }: LeftRestore,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const before = record && (await readInterruptedRestore(journalStore, record.runUid, signal));
  const isWhole = before !== undefined && before.unreadable.length === 0;
  const uids = isWhole ? uidsInRemoval(before) : undefined;
  const missing = new Set<string>();
  for await (const former of readableFormers(journalStore, name, signal)) {
    if (former.write === "patch" || uids?.has(former.uid) === false) continue;
    missing.add(describeTarget(removalOf(former).target));
  }
  return [...missing].sort();
}

/** What its providers made, or may have made, that nothing is known to stand for; a sentence each. */
export async function volumesLeft(
  { record, journalStore }: LeftRestore,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (record === undefined) return [];
  const before = await readInterruptedRestore(journalStore, record.runUid, signal);
  const left = await volumesLeftBy(record.runUid, before, journalStore, signal);
  return left.map(({ message, advice = "" }) => `${message}: ${advice}`);
}

/**
 * Removes the journal of an interrupted restore and the files that it has written, so that it is
 * not continued; what it wrote into the cluster stays. A run that lives ends at its next write.
 */
export async function discardRestore(
  { name, record, journalStore }: LeftRestore,
  location: ObjectStore,
  signal: AbortSignal,
): Promise<void> {
  const { folder: _folder, ...files } = restoreKeys(name);
  try {
    await removeFormers(location, name, signal);
    for (const key of Object.values(files)) await location.remove(key, { signal });
  } catch (thrown) {
    // Nothing was written where nothing can be.
    const cannotWrite = ["ARK_STORE_READ_ONLY", "ARK_STORE_DENIED"] as const;
    const isElsewhere = journalStore !== location;
    if (!isElsewhere || !cannotWrite.some((code) => hasCode(thrown, code))) throw thrown;
  }
  if (journalStore !== location) await removeFormers(journalStore, name, signal);
  const place = { store: journalStore, signal };
  await removeTraces(restoreRecords, name, record?.runUid, place);
}
