import { removeTraces } from "../catalog/name-claim.ts";
import type { NameRecord } from "../catalog/name-record.ts";
import { restoreRecordIfReadable, restoreRecords } from "../catalog/restore-records.ts";
import { restoreKeys, restoreRecordsFolder } from "../format/keys.ts";
import { hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";

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
    for (const key of Object.values(files)) await location.remove(key, { signal });
  } catch (thrown) {
    // Nothing was written where nothing can be.
    const cannotWrite = ["ARK_STORE_READ_ONLY", "ARK_STORE_DENIED"] as const;
    const isElsewhere = journalStore !== location;
    if (!isElsewhere || !cannotWrite.some((code) => hasCode(thrown, code))) throw thrown;
  }
  const place = { store: journalStore, signal };
  await removeTraces(restoreRecords, name, record?.runUid, place);
}
