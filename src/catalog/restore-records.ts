import {
  isResourceName,
  restoreRecordKey,
  restoreRecordsFolder,
  restoreRecordsPrefix,
} from "../format/keys.ts";
import { hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { lastRecord } from "./name-claim.ts";
import type { NameRecord } from "./name-record.ts";

/** Where the records of who runs a restore lie. */
export const restoreRecords = {
  noun: "restore",
  folder: restoreRecordsFolder,
  key: restoreRecordKey,
} as const;

/** Names of restores that a run owns, or owned when it died. */
export async function recordedRestoreNames(
  store: ObjectStore,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { key } of store.list(restoreRecordsPrefix, { delimiter: "/", signal })) {
    const name = key.slice(restoreRecordsPrefix.length, -1);
    if (isResourceName(name)) names.push(name);
  }
  return names;
}

/** Undefined: there is none, or none that can be read; it tells nothing of its run. */
export async function restoreRecordIfReadable(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<NameRecord | undefined> {
  try {
    return (await lastRecord(restoreRecords, name, store, signal))?.record;
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND") || hasCode(thrown, "ARK_BACKUP_DAMAGED")) return;
    throw thrown;
  }
}
