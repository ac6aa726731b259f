import type { KubeClient } from "../kube-client.ts";

const optedOut = { "velero.io/exclude-from-backup": "true" };

/** Pods that share a claim without a volume, one opted out, and labels that selectors meet. */
export async function fillOdd(client: KubeClient, namespace: string): Promise<void> {
  const create = (path: string, object: object) =>
    client.demand("POST", `/api/v1/${path}`, JSON.stringify(object));
  await create("namespaces", { metadata: { name: namespace, labels: { tier: "data" } } });
  const folder = `namespaces/${namespace}`;
  const configMaps: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    web: { app: "web" },
    data: { tier: "data" },
    hidden: { ...optedOut, app: "web" },
    plain: {},
  };
  for (const [name, labels] of Object.entries(configMaps)) {
    await create(`${folder}/configmaps`, { metadata: { name, labels }, data: { name } });
  }
  const spec = {
    accessModes: ["ReadWriteMany"],
    storageClassName: "none",
    resources: { requests: { storage: "1Mi" } },
  };
  for (const [name, labels] of [["shared", { tier: "data" }] as const, ["gone", optedOut] as const])
    await create(`${folder}/persistentvolumeclaims`, { metadata: { name, labels }, spec });
  for (const [name, labels] of [["one", { app: "web" }] as const, ["two", {}] as const]) {
    const volumes = ["shared", "gone"].map((claimName) => ({
      name: claimName,
      persistentVolumeClaim: { claimName },
    }));
    const containers = [{ name: "main", image: "none.invalid/none" }];
    await create(`${folder}/pods`, { metadata: { name, labels }, spec: { containers, volumes } });
  }
}
