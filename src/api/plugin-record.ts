/** An executable that served a plugin of a run. */
export interface PluginRecord {
  /** As Velero calls it: `BackupItemAction`, `VolumeSnapshotter`. */
  readonly kind: string;
  /** As the program lists it: `velero.io/aws`. */
  readonly name: string;
  /** Path of the program. */
  readonly program: string;
  /** As its file tells it; absent: it tells none. */
  readonly version?: string;
  /** Of the file, in hex. */
  readonly sha256: string;
}
