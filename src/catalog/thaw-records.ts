import { runOfThawKey, runsPrefix } from "../format/keys.ts";
import {
  decodeThawRecord,
  encodeThawRecord,
  maxThawRecordBytes,
  type ThawRecord,
} from "../format/thaw-record.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readStored } from "./read-stored.ts";

/** Post hooks that a run owes, as a location records them. */
export interface StoredThaw {
  readonly key: string;
  readonly runUid: string;
  readonly record: ThawRecord;
}

export interface OwedThaws {
  readonly thaws: readonly StoredThaw[];
  /** Why records could not be read, which hides what they owe. */
  readonly unreadable: readonly ArkError[];
}

/**
 * All that is owed in a location, or under one backup's name. A record that goes away meanwhile
 * is left out. Errors: those of the store.
 */
export async function listThaws(
  store: ObjectStore,
  signal: AbortSignal,
  backup?: string,
): Promise<OwedThaws> {
  const found: { readonly key: string; readonly runUid: string }[] = [];
  for await (const { key } of store.list(runsPrefix, { signal })) {
    const runUid = runOfThawKey(key);
    if (runUid !== undefined) found.push({ key, runUid });
  }
  const thaws: StoredThaw[] = [];
  const unreadable: ArkError[] = [];
  for (const { key, runUid } of found) {
    const record = await readThaw(store, key, signal);
    if (record instanceof ArkError) unreadable.push(record);
    if (record === undefined || record instanceof ArkError) continue;
    if (backup === undefined || record.backup === backup) thaws.push({ key, runUid, record });
  }
  return { thaws, unreadable };
}

async function readThaw(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<ThawRecord | ArkError | undefined> {
  try {
    return decodeThawRecord(await readStored(store, key, maxThawRecordBytes, signal), key);
  } catch (error) {
    if (hasCode(error, "ARK_STORE_NOT_FOUND")) return undefined;
    const isBad = hasCode(error, "ARK_BACKUP_DAMAGED") || hasCode(error, "ARK_BACKUP_FORMAT");
    if (isBad) return error;
    throw error;
  }
}

/** Puts the record as it stands now; without owed hooks it is removed. */
export async function settleThaw(
  store: ObjectStore,
  key: string,
  record: ThawRecord,
  signal: AbortSignal,
): Promise<void> {
  if (record.thaws.length === 0) await store.remove(key, { signal });
  else await store.put(key, encodeThawRecord(record), { signal });
}
