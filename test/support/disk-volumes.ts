import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeClient } from "./kube-client.ts";

/** Disks of the example plugin `disks`, and the volumes of a cluster that stand for them. */
export interface DiskVolumes {
  disk(id: string): string;
  snapshot(id: string): string;
  /** A volume `pv-NAME` with its claim, bound as its controller would; and the disk behind it. */
  makeVolume(name: string, namespace?: string, folder?: string): Promise<void>;
}

export function createDiskVolumes(client: KubeClient, storage: string): DiskVolumes {
  for (const name of ["disks", "snapshots"]) mkdirSync(join(storage, name), { recursive: true });
  const disk = (id: string): string => join(storage, "disks", id);
  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  return {
    disk,
    snapshot: (id) => join(storage, "snapshots", id),
    async makeVolume(name, namespace = "shop", folder = "disks") {
      writeFileSync(disk(name), `data of ${name}`);
      const labels = { "topology.kubernetes.io/zone": "west-1" };
      const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name };
      const spec = {
        capacity: { storage: "1Gi" },
        accessModes: ["ReadWriteOnce"],
        persistentVolumeReclaimPolicy: "Retain",
        storageClassName: "disks",
      };
      await post("/api/v1/persistentvolumes", {
        metadata: { name: `pv-${name}`, labels },
        spec: { ...spec, hostPath: { path: `/${folder}/${name}` }, claimRef },
      });
      const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
      const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
      await post(claims, {
        metadata: { name },
        spec: { ...claim, storageClassName: "disks", volumeName: `pv-${name}` },
      });
      const bound = { status: { phase: "Bound", capacity: spec.capacity } };
      const merge = "application/merge-patch+json";
      await client.demand("PATCH", `${claims}/${name}/status`, JSON.stringify(bound), merge);
    },
  };
}
