import { removeTraces } from "../../catalog/name-claim.ts";
import type { NameRecord } from "../../catalog/name-record.ts";
import { readRestore } from "../../catalog/read-restore.ts";
import { restoreRecordIfReadable, restoreRecords } from "../../catalog/restore-records.ts";
import { restoreKeys } from "../../format/keys.ts";
import { hasCode } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { onlyCopies } from "../undo/only-copies.ts";
import { type ClosingPorts, closeInterrupted } from "./close-interrupted.ts";
import { perhapsMissing } from "./discard-restore.ts";

export interface RemovedRestore {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** What only its record has of the cluster may be lost. */
  readonly loseMissing: boolean;
}

export interface RemovedFiles {
  readonly removed: number;
  readonly foreign: boolean;
  /** Objects that may be missing from the cluster and that only the record has: it stays for them. */
  readonly keptFor: readonly string[];
}

/**
 * Removes all that a restore has in the store: its journal, if it has not ended, and its files. What
 * no record says is this restore's stays (`foreign`): another cluster's, or of a time before the
 * location was pointed at this bucket. All of it stays where only the record has objects of the
 * cluster (`keptFor`); one that was cut off is ended then, so that it can be undone. Errors: those of
 * the store.
 */
export async function removeRestoreFiles(
  restore: RemovedRestore,
  ports: ClosingPorts,
  signal: AbortSignal,
): Promise<RemovedFiles> {
  const { name, uid } = restore;
  const { store } = ports;
  const { folder, record } = restoreKeys(name);
  const keys: string[] = [];
  for await (const entry of store.list(folder, { signal })) {
    if (entry.kind === "object") keys.push(entry.key);
  }
  const open = await restoreRecordIfReadable(store, name, signal);
  const owner = open?.runUid ?? (await recordedUid(store, name, signal));
  if (owner !== uid) return { removed: 0, foreign: keys.length > 0, keptFor: [] };
  const keptFor = restore.loseMissing ? [] : await keepMissing(restore, open, ports, signal);
  if (keptFor.length > 0) return { removed: 0, foreign: false, keptFor };
  if (open !== undefined) await removeTraces(restoreRecords, name, uid, { store, signal });
  // The record last: it says whose the rest is.
  const inOrder = [
    ...keys.filter((key) => key !== record),
    ...keys.filter((key) => key === record),
  ];
  for (const key of inOrder) await store.remove(key, { signal });
  return { removed: keys.length, foreign: false, keptFor };
}

/** Answers what only the record has, and ends the restore where that is something. */
export async function keepMissing(
  restore: { readonly name: string; readonly namespace: string },
  open: NameRecord | undefined,
  ports: ClosingPorts,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { name } = restore;
  const { store } = ports;
  if (open === undefined) return await onlyCopies(store, undefined, name, signal);
  const missing = await perhapsMissing({ name, record: open, journalStore: store }, signal);
  if (missing.length > 0) await closeInterrupted(restore, open, ports, signal);
  return missing;
}

async function recordedUid(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return (await readRestore(store, name, { signal })).metadata.uid;
  } catch (thrown) {
    const isUnknown = ["ARK_RESTORE_NOT_FOUND", "ARK_BACKUP_FORMAT", "ARK_BACKUP_DAMAGED"] as const;
    if (!isUnknown.some((code) => hasCode(thrown, code))) throw thrown;
    return undefined;
  }
}
