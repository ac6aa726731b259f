/** What the flags of `ark-ts server` decide; names and defaults are Velero's (velero-features 8.1). */
export interface ServerSettings {
  /** Of Backups without `spec.ttl`. Default 720 h. */
  readonly defaultBackupTtlMs: number;
  /** Used where no location has `spec.default`. Default `default`. */
  readonly defaultBackupLocation: string;
  /** How often a bucket is looked at for backups that are not known here; 0: never. Default 1 min. */
  readonly backupSyncPeriodMs: number;
  /** How often expired backups are looked for. Default 1 h. */
  readonly garbageCollectionFrequencyMs: number;
  /** How often a location is checked; 0: once. Default 1 min. */
  readonly storeValidationFrequencyMs: number;
  /** Of Backups and Restores without `spec.itemOperationTimeout`. Default 4 h. */
  readonly defaultItemOperationTimeoutMs: number;
  /** The label of claims that are cut as one, of Backups that name none. Absent: `velero.io/volume-group`. */
  readonly volumeGroupLabel?: string;
  /** By provider: its location for Backups that name none of it, where it has several. Default: none. */
  readonly defaultSnapshotLocations?: Readonly<Record<string, string>>;
  /** Backups and Restores in work at once. Default 1, as in Velero. */
  readonly concurrentBackups: number;
  /**
   * Of Schedules without `spec.skipImmediately`: whether what was due in a pause, or before a server
   * first saw it, is let pass. Default true (Velero: false).
   */
  readonly scheduleSkipImmediately: boolean;
  /** IANA name, for Schedules that name none. Default `UTC`. */
  readonly timeZone: string;
  /** Velero's names of controllers that do not run, such as `restore`; absent: all run. */
  readonly disabledControllers?: readonly string[];
}

export const defaultSettings: ServerSettings = {
  defaultBackupTtlMs: 720 * 3_600_000,
  defaultBackupLocation: "default",
  backupSyncPeriodMs: 60_000,
  garbageCollectionFrequencyMs: 3_600_000,
  storeValidationFrequencyMs: 60_000,
  defaultItemOperationTimeoutMs: 4 * 3_600_000,
  concurrentBackups: 1,
  scheduleSkipImmediately: true,
  timeZone: "UTC",
};
