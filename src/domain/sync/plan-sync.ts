import type { backupKind } from "../../api/backup.ts";
import type { ResourceOf } from "../../api/custom-resource.ts";
import { annotations, labels } from "../../api/labels.ts";
import { labelValue } from "../label-value.ts";

/** A Backup as it stands in the cluster: without a status until a controller has taken it up. */
export type KnownBackup = ResourceOf<typeof backupKind>;

/** Where a sync looks: a location of this cluster, and the place in object storage it means now. */
export interface SyncSide {
  readonly location: string;
  /** As of `placeOfLocation`. */
  readonly place: string;
}

/** What is to be done about the names in a bucket and the Backups that are known. */
export interface SyncPlan {
  /** In the bucket, and no Backup here has the name. */
  readonly unknown: readonly string[];
  /** In the bucket, and a Backup of another location has the name. */
  readonly taken: readonly { readonly name: string; readonly location: string }[];
  /** Finished here or taken in half, and seen in this bucket for the first time. */
  readonly unmarked: readonly KnownBackup[];
  /** Taken in before their own cluster had finished them, which it may have done since. */
  readonly unfinished: readonly KnownBackup[];
  /** Seen in this bucket before, and no longer there. */
  readonly gone: readonly KnownBackup[];
  /** Last seen where the location pointed to earlier. */
  readonly elsewhere: readonly KnownBackup[];
}

/**
 * Pure. A Backup counts as gone only if its files were once seen in this very place: the bucket that
 * a location is pointed to anew never had them, and one that has just ended may not be listed yet.
 */
export function planSync(
  listed: ReadonlySet<string>,
  known: ReadonlyMap<string, KnownBackup>,
  { location, place }: SyncSide,
): SyncPlan {
  const unknown: string[] = [];
  const taken: { readonly name: string; readonly location: string }[] = [];
  const unmarked: KnownBackup[] = [];
  const unfinished: KnownBackup[] = [];
  const gone: KnownBackup[] = [];
  const elsewhere: KnownBackup[] = [];
  for (const name of listed) {
    const backup = known.get(name);
    if (backup === undefined) unknown.push(name);
    else if (backup.spec.storageLocation !== location) {
      taken.push({ name, location: backup.spec.storageLocation ?? "" });
    }
  }
  for (const [name, backup] of known) {
    if (backup.spec.storageLocation !== location || !isSettled(backup)) continue;
    const seenAt = backup.metadata.annotations?.[annotations.storedAt];
    if (seenAt !== undefined && seenAt !== place) elsewhere.push(backup);
    else if (seenAt === undefined && listed.has(name)) unmarked.push(backup);
    else if (seenAt !== undefined && !listed.has(name) && mayGo(backup, location)) {
      gone.push(backup);
    } else if (listed.has(name) && wasTakenInUnfinished(backup)) unfinished.push(backup);
  }
  return { unknown, taken, unmarked, unfinished, gone, elsewhere };
}

/** What has expired is taken in without its end: see `toIncoming`. */
export function wasTakenInUnfinished({ metadata, status }: KnownBackup): boolean {
  const isTakenIn = metadata.annotations?.[annotations.takenIn] === "true";
  return isTakenIn && status?.phase === "PartiallyFailed" && !status.completionTimestamp;
}

/** Nothing more is written to its files. */
const settled: ReadonlySet<string | undefined> = new Set([
  "Completed",
  "PartiallyFailed",
  "Failed",
]);

function isSettled({ metadata, status }: KnownBackup): boolean {
  return settled.has(status?.phase) && (metadata.deletionTimestamp ?? "") === "";
}

/** As Velero: what failed may have left no files, and stays until it expires. */
function mayGo({ metadata, status }: KnownBackup, location: string): boolean {
  if (metadata.labels?.[labels.storageLocation] !== labelValue(location)) return false;
  return status?.phase === "Completed" || status?.phase === "PartiallyFailed";
}
