/** Velero's VolumeSnapshotter, version 1. `iops` 0 stands for none. */
import { bytes, int64, message, string, stringMap } from "../message.ts";
import { unary } from "../method.ts";
import { empty } from "./shared-messages.ts";

const path = (name: string): string => `/generated.VolumeSnapshotter/${name}`;

export const initVolumeSnapshotter = unary(
  path("Init"),
  message({ plugin: string(1), config: stringMap(2) }),
  empty,
);
export const createVolumeFromSnapshot = unary(
  path("CreateVolumeFromSnapshot"),
  message({
    plugin: string(1),
    snapshotId: string(2),
    volumeType: string(3),
    zone: string(4),
    iops: int64(5),
  }),
  message({ volumeId: string(1) }),
);
export const getVolumeInfo = unary(
  path("GetVolumeInfo"),
  message({ plugin: string(1), volumeId: string(2), zone: string(3) }),
  message({ volumeType: string(1), iops: int64(2) }),
);
export const createSnapshot = unary(
  path("CreateSnapshot"),
  message({ plugin: string(1), volumeId: string(2), zone: string(3), tags: stringMap(4) }),
  message({ snapshotId: string(1) }),
);
export const deleteSnapshot = unary(
  path("DeleteSnapshot"),
  message({ plugin: string(1), snapshotId: string(2) }),
  empty,
);
export const getVolumeId = unary(
  path("GetVolumeID"),
  message({ plugin: string(1), persistentVolume: bytes(2) }),
  message({ volumeId: string(1) }),
);
export const setVolumeId = unary(
  path("SetVolumeID"),
  message({ plugin: string(1), persistentVolume: bytes(2), volumeId: string(3) }),
  message({ persistentVolume: bytes(1) }),
);
