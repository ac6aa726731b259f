/** The PersistentVolumes that stand for disks of Azure. */
import type { PersistentVolume } from "../../src/ports/volume-snapshotter.ts";

const zoned = (zone: string) => ({ "topology.kubernetes.io/zone": zone });

/** As the CSI driver of Azure's disks makes one. */
export function azureCsiVolume(id: string, zone = "westeurope-2"): PersistentVolume {
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `pv-${id.split("/").at(-1)}`, labels: zoned(zone) },
    spec: {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "4Gi" },
      csi: { driver: "disk.csi.azure.com", fsType: "ext4", volumeHandle: id },
      storageClassName: "managed-csi",
    },
  };
}

/** As Kubernetes itself made them. */
export function azureInTreeVolume(id: string, zone = "westeurope-2"): PersistentVolume {
  const { spec: _spec, ...volume } = azureCsiVolume(id, zone);
  const diskName = id.split("/").at(-1) ?? "";
  return {
    ...volume,
    spec: {
      accessModes: ["ReadWriteOnce"],
      azureDisk: { cachingMode: "ReadWrite", diskName, diskURI: id, kind: "Managed" },
      capacity: { storage: "4Gi" },
      storageClassName: "managed",
    },
  };
}
