import { createShape } from "./json-shape.ts";
import { decodeList, encodeList } from "./side-files.ts";

/** A snapshot of a persistent volume that a volume snapshotter made, and a backup owns. */
export interface NativeSnapshotRecord {
  /** Name of the persistent volume. */
  readonly volume: string;
  /** Of its claim, `namespace` and `claim`; empty without one. */
  readonly namespace: string;
  readonly claim: string;
  /** Name of the volume snapshot location. */
  readonly location: string;
  /** The provider's. */
  readonly volumeId: string;
  readonly snapshotId: string;
  readonly volumeType: string;
  readonly zone: string;
  /** 0: none. */
  readonly iops: number;
  /** RFC 3339, of whole seconds. */
  readonly startedAt: string;
  readonly completedAt: string;
  readonly reclaimPolicy: string;
  readonly volumeLabels: Readonly<Record<string, string>>;
  /** Why it is of no use, although its provider had accepted it; it is deleted with its backup. */
  readonly failure?: string;
}

/** `<b>-volumesnapshots.json.gz`: Velero's list of Snapshot, with its spelling. */
export function encodeNativeSnapshots(
  backup: { readonly name: string; readonly uid: string },
  records: readonly NativeSnapshotRecord[],
): Promise<Buffer> {
  return encodeList(
    records.map((record) => ({
      spec: {
        backupName: backup.name,
        backupUID: backup.uid,
        location: record.location,
        persistentVolumeName: record.volume,
        providerVolumeID: record.volumeId,
        volumeType: record.volumeType,
        ...(record.zone !== "" && { volumeAZ: record.zone }),
        ...(record.iops > 0 && { volumeIOPS: record.iops }),
      },
      status: { providerSnapshotID: record.snapshotId, phase: phaseOf(record) },
    })),
  );
}

/** A native snapshot as the list of a backup has it, ours or Velero's. */
export interface ListedNativeSnapshot {
  /** Name of the persistent volume. */
  readonly volume: string;
  /** Name of the volume snapshot location. */
  readonly location: string;
  /** The provider's; empty: making it failed. */
  readonly snapshotId: string;
  readonly volumeType: string;
  readonly zone: string;
  /** 0: none. */
  readonly iops: number;
}

/** Errors: ARK_BACKUP_DAMAGED, ARK_BACKUP_FORMAT. */
export async function decodeNativeSnapshots(
  compressed: Uint8Array,
  key: string,
): Promise<readonly ListedNativeSnapshot[]> {
  const shape = createShape("ARK_BACKUP_FORMAT", key);
  return (await decodeList(compressed, key)).map((entry, at) => {
    const spec = shape.record(entry["spec"] ?? {}, `entry ${at + 1}`);
    const status = shape.record(entry["status"] ?? {}, `entry ${at + 1}`);
    const text = (value: unknown, name: string): string =>
      shape.text(value ?? "", `${name} of entry ${at + 1}`);
    return {
      volume: text(spec["persistentVolumeName"], "persistentVolumeName"),
      location: text(spec["location"], "location"),
      snapshotId: text(status["providerSnapshotID"], "providerSnapshotID"),
      volumeType: text(spec["volumeType"], "volumeType"),
      zone: text(spec["volumeAZ"], "volumeAZ"),
      iops: shape.count(spec["volumeIOPS"] ?? 0, `volumeIOPS of entry ${at + 1}`),
    };
  });
}

/** Its entry of `<b>-volumeinfo.json.gz`: Velero's BackupVolumeInfo. */
export function nativeVolumeInfo(record: NativeSnapshotRecord): object {
  return {
    ...(record.claim !== "" && { pvcName: record.claim, pvcNamespace: record.namespace }),
    pvName: record.volume,
    backupMethod: "NativeSnapshot",
    snapshotDataMoved: false,
    preserveLocalSnapshot: false,
    skipped: false,
    startTimestamp: record.startedAt,
    completionTimestamp: record.completedAt,
    result: record.failure === undefined ? "succeeded" : "failed",
    nativeSnapshotInfo: {
      snapshotHandle: record.snapshotId,
      volumeType: record.volumeType,
      volumeAZ: record.zone,
      iops: String(record.iops),
      Phase: phaseOf(record),
    },
    pvInfo: { reclaimPolicy: record.reclaimPolicy, labels: record.volumeLabels },
  };
}

const phaseOf = ({ failure }: NativeSnapshotRecord): string =>
  failure === undefined ? "Completed" : "Failed";
