import type { ApiServer } from "../support/api-server/api-server.ts";

/** A kubeconfig whose only context is that server. */
export function kubeconfigFor(url: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: url } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });
}

/** Namespace shop: a pod with two claims, one of CSI, a host path, and a directory of its own. */
export function fillShopWithVolumes({ seed }: Pick<ApiServer, "seed">): void {
  const add = (kind: string, place: string, more: object, metadata: object = {}): void => {
    const [name, namespace] = place.split("/").reverse() as [string, string?];
    const where = namespace === undefined ? {} : { namespace };
    seed({ apiVersion: "v1", kind, metadata: { name, ...where, ...metadata }, ...more });
  };
  add("Namespace", "shop", { status: { phase: "Active" } });
  const sources = {
    data: { csi: { driver: "disk.example", volumeHandle: "h" } },
    cache: { nfs: { server: "files", path: "/cache" } },
  };
  for (const [name, source] of Object.entries(sources)) {
    const storageClassName = name === "cache" ? "scratch" : "fast";
    const spec = {
      capacity: { storage: "1Gi" },
      storageClassName,
      claimRef: { namespace: "shop", name },
      ...source,
    };
    add("PersistentVolume", `vol-${name}`, { spec });
    const claim = { volumeName: `vol-${name}`, storageClassName };
    add("PersistentVolumeClaim", `shop/${name}`, { spec: claim, status: { phase: "Bound" } });
  }
  const volumes = [
    { name: "data", persistentVolumeClaim: { claimName: "data" } },
    { name: "cache", persistentVolumeClaim: { claimName: "cache" } },
    { name: "logs", hostPath: { path: "/var/log" } },
    { name: "tmp", emptyDir: {} },
  ];
  const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/${name}` }));
  const spec = { nodeName: "n", containers: [{ name: "main", image: "i", volumeMounts }], volumes };
  const annotations = { "backup.velero.io/backup-volumes": "dta" };
  add("Pod", "shop/web", { spec, status: { phase: "Running" } }, { annotations });
}
