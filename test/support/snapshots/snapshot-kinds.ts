/** The kinds of `snapshot.storage.k8s.io/v1`, and what a claim with a CSI volume looks like. */
import { definitionOf } from "../definition.ts";
import { testDriver } from "./storage.ts";

const subresources = { status: {} };

export const snapshotDefinitions = [
  definitionOf("volumesnapshots.snapshot.storage.k8s.io", "VolumeSnapshot", { subresources }),
  definitionOf("volumesnapshotcontents.snapshot.storage.k8s.io", "VolumeSnapshotContent", {
    ...{ subresources, scope: "Cluster" },
  }),
  definitionOf("volumesnapshotclasses.snapshot.storage.k8s.io", "VolumeSnapshotClass", {
    scope: "Cluster",
  }),
] as const;

/** The kinds of `groupsnapshot.storage.k8s.io`. */
export const groupDefinitions = [
  definitionOf("volumegroupsnapshots.groupsnapshot.storage.k8s.io", "VolumeGroupSnapshot", {
    subresources,
  }),
  definitionOf(
    "volumegroupsnapshotcontents.groupsnapshot.storage.k8s.io",
    "VolumeGroupSnapshotContent",
    { subresources, scope: "Cluster" },
  ),
  definitionOf(
    "volumegroupsnapshotclasses.groupsnapshot.storage.k8s.io",
    "VolumeGroupSnapshotClass",
    { scope: "Cluster" },
  ),
] as const;

export function groupClass(
  name: string,
  parameters: Readonly<Record<string, string>> = {},
  deletionPolicy = "Delete",
  labels: Readonly<Record<string, string>> = {},
) {
  return {
    apiVersion: "groupsnapshot.storage.k8s.io/v1",
    kind: "VolumeGroupSnapshotClass",
    metadata: { name, labels },
    driver: testDriver,
    deletionPolicy,
    parameters,
  };
}

export function snapshotClass(
  name: string,
  parameters: Readonly<Record<string, string>> = {},
  deletionPolicy = "Delete",
) {
  return {
    apiVersion: "snapshot.storage.k8s.io/v1",
    kind: "VolumeSnapshotClass",
    metadata: { name },
    driver: testDriver,
    deletionPolicy,
    parameters,
  };
}

/** A claim that is bound, and its volume; the volume's handle is `vol-` and the claim's name. */
export function csiClaim(namespace: string, name: string, labels = {}) {
  const volume = `pv-${namespace}-${name}`;
  const claim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace, labels, uid: `uid-${namespace}-${name}` },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "fast",
      volumeName: volume,
      resources: { requests: { storage: "1Gi" } },
    },
    status: { phase: "Bound" },
  };
  const persistentVolume = {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: volume },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      storageClassName: "fast",
      persistentVolumeReclaimPolicy: "Delete",
      claimRef: { kind: "PersistentVolumeClaim", namespace, name, uid: claim.metadata.uid },
      csi: { driver: testDriver, volumeHandle: `vol-${name}` },
    },
    status: { phase: "Bound" },
  };
  return [claim, persistentVolume] as const;
}
