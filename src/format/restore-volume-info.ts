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

/** A claim that a restore made of a CSI snapshot. */
export interface RestoredSnapshot {
  /** The claim, in the cluster. */
  readonly namespace: string;
  readonly claim: string;
  /** The volume that it was bound to; empty: none yet. */
  readonly volume: string;
  readonly handle: string;
  readonly driver: string;
  /** Bytes; 0: not told. */
  readonly sizeBytes: number;
  /** Name of the VolumeSnapshotContent that stood for it meanwhile. */
  readonly content: string;
}

/** What a restore made of snapshots. */
export interface RestoredVolumes {
  readonly natives: readonly RestoredNative[];
  readonly snapshots: readonly RestoredSnapshot[];
}

export const noVolumes: RestoredVolumes = { natives: [], snapshots: [] };

/** `<r>-volumeinfo.json.gz`: Velero's list of RestoreVolumeInfo, with its spelling. */
export function encodeRestoreVolumeInfo({ natives, snapshots }: RestoredVolumes): Promise<Buffer> {
  return encodeList([
    ...natives.map(({ volume, namespace, claim, snapshotId, volumeType, zone, iops }) => ({
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
    ...snapshots.map(({ namespace, claim, volume, handle, driver, sizeBytes, content }) => ({
      pvcName: claim,
      pvcNamespace: namespace,
      ...(volume !== "" && { pvName: volume }),
      restoreMethod: "CSISnapshot",
      snapshotDataMoved: false,
      csiSnapshotInfo: { snapshotHandle: handle, size: sizeBytes, driver, vscName: content },
    })),
  ]);
}
