import type { BackupStorageLocation } from "../../api/backup-storage-location.ts";
import { annotations, labels } from "../../api/labels.ts";
import { type BackupRecord, readBackupRecord } from "../../catalog/open-backup.ts";
import { findOwnedData } from "../../catalog/owned-data.ts";
import {
  collectOthersKey,
  type ExpiryHindrance,
  goodOnesOf,
  mayLoseLastGood,
} from "../../domain/retention/decide-expiry.ts";
import { isSameBackup } from "../../domain/same-backup.ts";
import { placeOfLocation } from "../../domain/sync/place-of-location.ts";
import type { KnownBackup } from "../../domain/sync/plan-sync.ts";
import { hasCode, toArkError } from "../../lib/errors.ts";
import { objectKey } from "../../runtime/object-key.ts";
import type { ControllerContext } from "../controller-context.ts";

/** Why an expired Backup stays, for its label and for a person. */
export interface Hindrance {
  readonly why: ExpiryHindrance;
  readonly message: string;
}

/** Whether backups are of this server, by the uid of their resource; what is sealed never changes it. */
export type OwnBackups = Map<string, boolean>;

type Asked = Pick<ControllerContext, "namespace" | "caches" | "stores" | "snapshotLocations"> & {
  readonly clusterId: string;
  readonly ownBackups: OwnBackups;
  /** Whether a Schedule of this name is to come back (src/controllers/resource-copies). */
  readonly isScheduleCopied: (name: string, signal: AbortSignal) => Promise<boolean>;
};

/**
 * What the files of an expired Backup say against its deletion; undefined: nothing. One without seal
 * is a failed run of this cluster. Errors: those of the store.
 */
export async function hindranceInBucket(
  context: Asked,
  backup: KnownBackup,
  location: BackupStorageLocation,
  signal: AbortSignal,
): Promise<Hindrance | undefined> {
  const { name } = backup.metadata;
  const place = placeOfLocation(location.spec);
  const seenAt = backup.metadata.annotations?.[annotations.storedAt];
  if (seenAt !== undefined && seenAt !== place) {
    const message = `its files are at ${seenAt}, and location ${location.metadata.name} now means ${place}`;
    return { why: "OtherBackup", message };
  }
  const store = await context.stores.open(location, signal);
  const record = await readRecord(context, backup, location, signal);
  if (record === undefined) return undefined;
  if ("why" in record) return record;
  if (!isSameBackup(backup, record.backup)) {
    const message = `the files under its name in ${place} are those of another backup`;
    return { why: "OtherBackup", message };
  }
  const takesOthers = location.spec.config?.[collectOthersKey] === "true";
  if (!takesOthers && record.manifest?.cluster.id !== context.clusterId) {
    return { why: "OtherCluster", message: otherCluster(record) };
  }
  const schedule = backup.metadata.labels?.[labels.scheduleName];
  const from = record.backup.metadata.namespace ?? "";
  if (!takesOthers && schedule !== undefined && from !== context.namespace) {
    const message = `it is of Schedule ${schedule} in namespace ${from}; ${whoDeletes}`;
    return { why: "OtherCluster", message };
  }
  const lastGood = await lastGoodOf(context, backup, signal);
  if (lastGood !== undefined) return lastGood;
  const owned = await findOwnedData(store, name, signal, {
    snapshotsGone: true,
    nativesGone: context.snapshotLocations !== undefined,
  });
  if (owned.length === 0) return undefined;
  const message = `it owns data that this ark-ts cannot delete: ${owned.join("; ")}. Delete it with the Velero that made it`;
  return { why: "OwnsData", message };
}

/** Undefined: there is no seal. */
async function readRecord(
  { stores }: Asked,
  backup: KnownBackup,
  location: BackupStorageLocation,
  signal: AbortSignal,
): Promise<BackupRecord | Hindrance | undefined> {
  const store = await stores.open(location, signal);
  try {
    return await readBackupRecord(store, backup.metadata.name, signal);
  } catch (thrown) {
    const error = toArkError(thrown);
    if (error.code === "ARK_BACKUP_NOT_FOUND") return undefined;
    if (error.code !== "ARK_BACKUP_DAMAGED" && error.code !== "ARK_BACKUP_FORMAT") throw thrown;
    const message = `what it is cannot be read: ${error.message}`;
    return { why: "Unreadable", message };
  }
}

const whoDeletes = `who made it deletes it, or this server where the location's config says ${collectOthersKey}: "true"`;

function otherCluster({ manifest }: BackupRecord): string {
  const whose =
    manifest === undefined
      ? "Velero made it, and nothing says of which cluster"
      : `it is of cluster ${manifest.cluster.id}`;
  return `${whose}; ${whoDeletes}`;
}

async function lastGoodOf(
  context: Asked,
  backup: KnownBackup,
  signal: AbortSignal,
): Promise<Hindrance | undefined> {
  const { caches, namespace } = context;
  const name = backup.metadata.labels?.[labels.scheduleName];
  if (name === undefined) return undefined;
  const schedule = caches.schedules.get(objectKey({ namespace, name }));
  if (mayLoseLastGood(backup, schedule)) return undefined;
  const all = [...caches.backups.entries()].map(([, one]) => one);
  const requests = [...caches.deleteRequests.entries()].map(([, one]) => one);
  for (const good of goodOnesOf(name, all, requests)) {
    if (good.metadata.uid === backup.metadata.uid) {
      if (schedule === undefined && !(await context.isScheduleCopied(name, signal)))
        return undefined;
      const message = `it is the last good backup of Schedule ${name}; it goes once there is a newer one, or when it is annotated ${annotations.expireLastGood}: "true"`;
      return { why: "LastGood", message };
    }
    // That of another cluster or server in the same bucket protects nothing here.
    if (await isOwn(context, good, signal)) return undefined;
  }
  return undefined;
}

async function isOwn(context: Asked, backup: KnownBackup, signal: AbortSignal): Promise<boolean> {
  const { ownBackups, caches, namespace, clusterId } = context;
  const { uid = "" } = backup.metadata;
  const known = ownBackups.get(uid);
  if (known !== undefined) return known;
  const name = backup.spec.storageLocation ?? "";
  const location = caches.locations.get(objectKey({ namespace, name }));
  if (location === undefined) return false;
  try {
    const record = await readRecord(context, backup, location, signal);
    const isHere =
      record !== undefined &&
      !("why" in record) &&
      record.manifest?.cluster.id === clusterId &&
      record.backup.metadata.namespace === namespace;
    ownBackups.set(uid, isHere);
    return isHere;
  } catch (thrown) {
    // A location that does not answer proves no newer backup; the next look asks again.
    if (hasCode(thrown, "ARK_LEADERSHIP_LOST") || signal.aborted) throw thrown;
    return false;
  }
}
