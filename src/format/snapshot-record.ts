import { type NativeSnapshotRecord, nativeVolumeInfo } from "./native-snapshot-record.ts";
import { encodeList } from "./side-files.ts";

/** The snapshot of a claim that a backup owns. */
export interface SnapshotRecord {
  readonly namespace: string;
  readonly claim: string;
  /** The claim's persistent volume. */
  readonly volume: string;
  readonly driver: string;
  /** Names of the VolumeSnapshot and of its content. */
  readonly snapshot: string;
  readonly content: string;
  /** By which the storage knows it. */
  readonly handle: string;
  /** Bytes; 0: not told. */
  readonly sizeBytes: number;
  readonly operationId: string;
  /** RFC 3339, of whole seconds. */
  readonly startedAt: string;
  readonly completedAt: string;
  /** Of the persistent volume. */
  readonly reclaimPolicy: string;
  readonly volumeLabels: Readonly<Record<string, string>>;
}

/** `<b>-volumeinfo.json.gz`: Velero's list of BackupVolumeInfo, with its spelling. */
export function encodeVolumeInfo(
  records: readonly SnapshotRecord[],
  natives: readonly NativeSnapshotRecord[] = [],
): Promise<Buffer> {
  return encodeList([
    ...natives.map(nativeVolumeInfo),
    ...records.map((record) => ({
      pvcName: record.claim,
      pvcNamespace: record.namespace,
      pvName: record.volume,
      backupMethod: "CSISnapshot",
      snapshotDataMoved: false,
      preserveLocalSnapshot: true,
      skipped: false,
      startTimestamp: record.startedAt,
      completionTimestamp: record.completedAt,
      result: "succeeded",
      csiSnapshotInfo: {
        snapshotHandle: record.handle,
        size: record.sizeBytes,
        driver: record.driver,
        vscName: record.content,
        operationID: record.operationId,
        ReadyToUse: true,
      },
      pvInfo: { reclaimPolicy: record.reclaimPolicy, labels: record.volumeLabels },
    })),
  ]);
}
