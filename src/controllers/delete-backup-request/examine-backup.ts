import { backupKind } from "../../api/backup.ts";
import {
  type BackupStorageLocation,
  backupStorageLocationKind,
} from "../../api/backup-storage-location.ts";
import { lastRecord } from "../../catalog/name-claim.ts";
import { findOwnedData } from "../../catalog/owned-data.ts";
import { readSeal } from "../../catalog/read-seal.ts";
import { deletability, problemOfLocation, problemOfPlace } from "../../domain/deletion.ts";
import { isSameBackup } from "../../domain/same-backup.ts";
import { nameRecordKey, nameRecordsFolder } from "../../format/keys.ts";
import { hasCode, toArkError } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import type { ControllerContext, LiveBackup } from "../controller-context.ts";
import { readLasting } from "../read-kind.ts";

/** What a request comes to, before anything is written. */
export type Examined =
  /** `backup`: about which an Event is recorded. */
  | { readonly verdict: "refuse"; readonly why: string; readonly backup?: LiveBackup }
  /** `resource`: nothing in the bucket is this Backup's. */
  | { readonly verdict: "delete"; readonly what: "resource"; readonly backup: LiveBackup }
  | {
      readonly verdict: "delete";
      readonly what: "all";
      readonly backup: LiveBackup;
      readonly store: ObjectStore;
    };

/**
 * `uid`: of the Backup that the request is for, where it says so. Errors: those of the API server; the store's become part of the
 * verdict.
 */
export async function examineBackup(
  name: string,
  uid: string | undefined,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<Examined> {
  const backup = await readLasting(backupKind, name, context, signal);
  if (backup === undefined) return { verdict: "refuse", why: "backup not found" };
  if ((uid ?? "") !== "" && backup.metadata.uid !== uid) {
    return { verdict: "refuse", why: "backup not found: another one has its name now" };
  }
  const refuse = (why: string): Examined => ({ verdict: "refuse", why, backup });
  const state = deletability(backup.status?.phase);
  if (state === "busy") return refuse(`backup is still in progress: ${backup.status?.phase}`);
  if (state === "unbegun") return { verdict: "delete", what: "resource", backup };
  const where = backup.spec.storageLocation ?? "";
  const location =
    where === "" ? undefined : await readLasting(backupStorageLocationKind, where, context, signal);
  // It was refused before it could get one.
  if (location === undefined && backup.status?.phase === "FailedValidation") {
    return { verdict: "delete", what: "resource", backup };
  }
  if (location === undefined) return refuse(`backup storage location "${where}" not found`);
  const problem = problemOfLocation(location) ?? problemOfPlace(backup, location);
  if (problem !== undefined) return refuse(problem);
  try {
    const store = await context.stores.open(location, signal);
    return await examineFiles(backup, location, { store, context }, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const { message, code } = toArkError(thrown);
    return refuse(`cannot look into location "${where}": ${message} [${code}]`);
  }
}

async function examineFiles(
  backup: LiveBackup,
  location: BackupStorageLocation,
  { store, context }: { readonly store: ObjectStore; readonly context: ControllerContext },
  signal: AbortSignal,
): Promise<Examined> {
  const { name } = backup.metadata;
  const whose = await whoseFiles(backup, store, signal);
  const { phase } = backup.status ?? {};
  // Such a run has sealed nothing: what lies there under its name was there before.
  const wroteNothing = phase === "FailedValidation" || phase === "Failed";
  if (whose === "another's" && wroteNothing) return { verdict: "delete", what: "resource", backup };
  if (whose === "another's") {
    const why = `location "${location.metadata.name}" holds another backup "${name}" than this one, and it stays: was the location pointed at another bucket? Remove the Backup with kubectl to forget it`;
    return { verdict: "refuse", why, backup };
  }
  const owned = await findOwnedData(store, name, signal, {
    snapshotsGone: true,
    nativesGone: context.snapshotLocations !== undefined,
  });
  if (owned.length === 0) return { verdict: "delete", what: "all", backup, store };
  const data = owned.join("; ");
  const why = `the backup owns data that this ark-ts cannot delete, and is left whole: ${data}; delete it with the Velero that made it [ARK_BACKUP_OWNS_DATA]`;
  return { verdict: "refuse", why, backup };
}

async function whoseFiles(
  backup: LiveBackup,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<"this backup's" | "another's"> {
  const { name, uid } = backup.metadata;
  try {
    const seal = await readSeal(store, name, signal);
    return isSameBackup(backup, seal) ? "this backup's" : "another's";
  } catch (thrown) {
    const isDamaged = hasCode(thrown, "ARK_BACKUP_DAMAGED") || hasCode(thrown, "ARK_BACKUP_FORMAT");
    // A backup that cannot be read can be deleted, by the resource that has it.
    if (isDamaged) return "this backup's";
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
  }
  const scope = { noun: "backup", folder: nameRecordsFolder, key: nameRecordKey } as const;
  try {
    const last = await lastRecord(scope, name, store, signal);
    return last === undefined || last.record.runUid === uid ? "this backup's" : "another's";
  } catch (thrown) {
    if (hasCode(thrown, "ARK_BACKUP_DAMAGED")) return "this backup's";
    throw thrown;
  }
}
