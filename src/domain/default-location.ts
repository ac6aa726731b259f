import type { BackupStorageLocation } from "../api/backup-storage-location.ts";

/**
 * Of locations that all call themselves the default, the one that was created last, as in Velero; of
 * those created in the same second the one of the later name. Undefined where none does.
 */
export function markedDefault(
  locations: Iterable<BackupStorageLocation>,
): BackupStorageLocation | undefined {
  let found: BackupStorageLocation | undefined;
  for (const location of locations) {
    if (location.spec.default !== true) continue;
    if (found === undefined || rank(location) > rank(found)) found = location;
  }
  return found;
}

/** RFC 3339 in UTC sorts by time. */
const rank = ({ metadata }: BackupStorageLocation): string =>
  `${metadata.creationTimestamp ?? ""} ${metadata.name}`;

/** Name of the location of Backups that name none: the one that is marked, else `otherwise`. */
export function defaultLocationName(
  locations: Iterable<BackupStorageLocation>,
  otherwise: string,
): string {
  return markedDefault(locations)?.metadata.name ?? otherwise;
}
