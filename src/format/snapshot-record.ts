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
  /** The group that it was cut with; absent: it was cut alone. */
  readonly group?: GroupRecord;
}

/** A group of snapshots that were made by one cut. */
export interface GroupRecord {
  /** Names of the VolumeGroupSnapshot and of its content. */
  readonly name: string;
  readonly content: string;
  /** By which the storage knows the group. */
  readonly handle: string;
  /** Handles of all its snapshots, those of claims that are not in the backup included. */
  readonly members: readonly string[];
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
        ...(record.group === undefined
          ? {}
          : {
              volumeGroupSnapshotHandle: record.group.handle,
              // Not Velero's: whoever deletes the group has to name them all.
              volumeGroupSnapshotMembers: record.group.members,
            }),
      },
      pvInfo: { reclaimPolicy: record.reclaimPolicy, labels: record.volumeLabels },
    })),
  ]);
}
