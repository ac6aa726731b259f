/** Claims whose volumes are of EBS, in a moto: no controller binds them, and none holds them. */
import assert from "node:assert/strict";
import type { KubeClient } from "./kube-client.ts";
import { inTreeVolume, type MotoVolumes } from "./moto-volumes.ts";

export interface EbsClaims {
  /** A volume, object `pv-NAME` that stands for it, and its claim, bound. Returns the volume's id. */
  make(name: string): Promise<string>;
  /** Removes claim and object; their finalizers are nobody's here. */
  forget(name: string): Promise<void>;
}

export function createEbsClaims(
  client: KubeClient,
  volumes: MotoVolumes,
  namespace = "shop",
): EbsClaims {
  const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  return {
    async make(name) {
      const id = await volumes.make({ VolumeType: "io2", Iops: 500, Size: 4 }, { team: "shop" });
      const volume = inTreeVolume(id, volumes.zone, volumes.zone);
      const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name };
      const spec = {
        ...(volume["spec"] as object),
        persistentVolumeReclaimPolicy: "Retain",
        claimRef,
      };
      const metadata = { ...(volume["metadata"] as object), name: `pv-${name}` };
      await post("/api/v1/persistentvolumes", { ...volume, metadata, spec });
      const resources = { requests: { storage: "1Gi" } };
      const own = { accessModes: ["ReadWriteOnce"], storageClassName: "ebs", resources };
      await post(claims, { metadata: { name }, spec: { ...own, volumeName: `pv-${name}` } });
      const bound = { status: { phase: "Bound", capacity: { storage: "1Gi" } } };
      const merge = "application/merge-patch+json";
      await client.demand("PATCH", `${claims}/${name}/status`, JSON.stringify(bound), merge);
      return id;
    },
    async forget(name) {
      const free = JSON.stringify({ metadata: { finalizers: null } });
      for (const path of [`${claims}/${name}`, `/api/v1/persistentvolumes/pv-${name}`]) {
        await client.demand("DELETE", path);
        await client.send("PATCH", path, free, "application/merge-patch+json");
        assert.equal(await client.get(path), undefined);
      }
    },
  };
}
