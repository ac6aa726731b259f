/** PersistentVolumes that stand for Persistent Disks of Google Cloud. */
import type { PersistentVolume } from "../../../src/ports/volume-snapshotter.ts";
import { project } from "./compute-double.ts";

/** `zone`: two of them, joined by `__`, for a regional disk. */
export function pdVolume(name: string, zone = "us-central1-a"): PersistentVolume {
  const zones = zone.split("__");
  const place =
    zones.length === 1 ? `zones/${zone}` : `regions/${zones[0]?.replace(/-[a-z]$/, "")}`;
  const affinity = [{ key: "topology.gke.io/zone", operator: "In", values: zones }];
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `pv-${name}` },
    spec: {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "10Gi" },
      csi: {
        driver: "pd.csi.storage.gke.io",
        fsType: "ext4",
        volumeHandle: `projects/${project}/${place}/disks/${name}`,
      },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: affinity }] } },
      storageClassName: "standard-rwo",
    },
  };
}

/** As Kubernetes itself made them. */
export function inTreePdVolume(name: string, zone = "us-central1-a"): PersistentVolume {
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `pv-${name}`, labels: { "failure-domain.beta.kubernetes.io/zone": zone } },
    spec: {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "10Gi" },
      gcePersistentDisk: { fsType: "ext4", pdName: name },
      storageClassName: "standard",
    },
  };
}
