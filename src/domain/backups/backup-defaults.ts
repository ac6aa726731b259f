import type { BackupSpec } from "../../api/backup.ts";
import type { BackupStorageLocation } from "../../api/backup-storage-location.ts";
import { formatGoDuration, goDurationMs } from "../../lib/go-duration.ts";

/** How long a CSI snapshot may take (velero-features 3.1). */
const csiSnapshotTimeout = "10m0s";

/** As the server was told. */
interface Defaults {
  readonly defaultBackupTtlMs: number;
  readonly defaultItemOperationTimeoutMs: number;
}

/**
 * What the server writes into the spec of a Backup before it runs: of what Velero writes there, the
 * four values that clients read back. Only what is absent or zero; the same each time.
 */
export function defaultsOf(
  spec: BackupSpec,
  location: BackupStorageLocation,
  settings: Defaults,
): Pick<BackupSpec, "storageLocation" | "ttl" | "csiSnapshotTimeout" | "itemOperationTimeout"> {
  const operationMs = settings.defaultItemOperationTimeoutMs;
  return {
    ...(given(spec.storageLocation) ? {} : { storageLocation: location.metadata.name }),
    ...(isTime(spec.ttl) ? {} : { ttl: formatGoDuration(settings.defaultBackupTtlMs) }),
    ...(isTime(spec.csiSnapshotTimeout) ? {} : { csiSnapshotTimeout }),
    ...(isTime(spec.itemOperationTimeout)
      ? {}
      : { itemOperationTimeout: formatGoDuration(operationMs) }),
  };
}

/** How long the Backup is to be kept: what it says, else what the server does. */
export function ttlMsOf(
  { ttl }: Pick<BackupSpec, "ttl">,
  { defaultBackupTtlMs }: Pick<Defaults, "defaultBackupTtlMs">,
): number {
  const ms = goDurationMs(ttl ?? "") ?? 0;
  return ms > 0 ? ms : defaultBackupTtlMs;
}

/** As the engine takes it: what the deprecated field says is said by its successor. */
export function specToRun(spec: BackupSpec): BackupSpec {
  const { defaultVolumesToRestic, ...rest } = spec;
  return defaultVolumesToRestic === true ? { ...rest, defaultVolumesToFsBackup: true } : rest;
}

const given = (text: string | undefined): boolean => text !== undefined && text !== "";

function isTime(text: string | undefined): boolean {
  return text !== undefined && (goDurationMs(text) ?? 0) > 0;
}

/** The location that a Backup is for: the one it names, else the default one; its name if it is not there. */
export function locationOf(
  { storageLocation }: Pick<BackupSpec, "storageLocation">,
  locations: Iterable<BackupStorageLocation>,
  defaultName: string,
): BackupStorageLocation | { readonly missing: string; readonly isDefault: boolean } {
  const all = [...locations].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const named = (name: string) => all.find(({ metadata }) => metadata.name === name);
  if (storageLocation !== undefined && storageLocation !== "") {
    return named(storageLocation) ?? { missing: storageLocation, isDefault: false };
  }
  const marked = all.find(({ spec }) => spec.default === true);
  return marked ?? named(defaultName) ?? { missing: defaultName, isDefault: true };
}
