import { encodeList } from "./side-files.ts";

/** A PersistentVolume that a restore made of a native snapshot. */
export interface RestoredNative {
  /** Its name in the cluster. */
  readonly volume: string;
  /** Of its claim, in the cluster; empty without one. */
  readonly namespace: string;
  readonly claim: string;
  readonly snapshotId: string;
  readonly volumeType: string;
  readonly zone: string;
  /** 0: none. */
  readonly iops: number;
}

/** `<r>-volumeinfo.json.gz`: Velero's list of RestoreVolumeInfo, with its spelling. */
export function encodeRestoreVolumeInfo(natives: readonly RestoredNative[]): Promise<Buffer> {
  return encodeList(
    natives.map(({ volume, namespace, claim, snapshotId, volumeType, zone, iops }) => ({
      ...(claim !== "" && { pvcName: claim, pvcNamespace: namespace }),
      pvName: volume,
      restoreMethod: "NativeSnapshot",
      snapshotDataMoved: false,
      nativeSnapshotInfo: {
        snapshotHandle: snapshotId,
        volumeType,
        volumeAZ: zone,
        iops: String(iops),
      },
    })),
  );
}
