import type { BackupSpec } from "../../api/backup.ts";
import type { BackupStorageLocation } from "../../api/backup-storage-location.ts";
import { formatGoDuration, goDurationMs } from "../../lib/go-duration.ts";
import type { LocationOfProvider } from "../volumes/native/choose-locations.ts";

/** How long a CSI snapshot may take (velero-features 3.1). */
const csiSnapshotTimeout = "10m0s";

/** As the server was told. */
interface Defaults {
  readonly defaultBackupTtlMs: number;
  readonly defaultItemOperationTimeoutMs: number;
  readonly volumeGroupLabel?: string;
}

type Filled =
  | "storageLocation"
  | "ttl"
  | "csiSnapshotTimeout"
  | "itemOperationTimeout"
  | "volumeGroupSnapshotLabelKey";

/**
 * What the server writes into the spec of a Backup before it runs: of what Velero writes there, the
 * four values that clients read back, and what its flags decide. Only what is absent or zero; the
 * same each time.
 */
export function defaultsOf(
  spec: BackupSpec,
  location: BackupStorageLocation,
  settings: Defaults,
): Pick<BackupSpec, Filled> {
  const { defaultItemOperationTimeoutMs: operationMs, volumeGroupLabel } = settings;
  return {
    ...(given(spec.storageLocation) ? {} : { storageLocation: location.metadata.name }),
    ...(isTime(spec.ttl) ? {} : { ttl: formatGoDuration(settings.defaultBackupTtlMs) }),
    ...(isTime(spec.csiSnapshotTimeout) ? {} : { csiSnapshotTimeout }),
    ...(isTime(spec.itemOperationTimeout)
      ? {}
      : { itemOperationTimeout: formatGoDuration(operationMs) }),
    ...(volumeGroupLabel === undefined || given(spec.volumeGroupSnapshotLabelKey)
      ? {}
      : { volumeGroupSnapshotLabelKey: volumeGroupLabel }),
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

/**
 * The snapshot locations that a Backup uses beyond those of providers with only one: those that it
 * names, and of each other provider with several the one that the server was told. `all`: those of
 * the namespace; `defaults`: by provider.
 */
export function namedSnapshotLocations(
  { volumeSnapshotLocations: named = [], snapshotVolumes }: BackupSpec,
  all: readonly LocationOfProvider[],
  defaults: Readonly<Record<string, string>>,
): readonly string[] {
  // Who wants no snapshots need not choose.
  if (snapshotVolumes === false) return named;
  const chosen = all.filter(({ name }) => named.includes(name)).map(({ provider }) => provider);
  const added = Object.entries(defaults).flatMap(([provider, name]) => {
    const several = all.filter((location) => location.provider === provider).length > 1;
    return several && !chosen.includes(provider) ? [name] : [];
  });
  return [...named, ...added];
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
