/** Two namespaces with plain objects, a bound volume, and a kind of their own. */
import type { MinioAccess } from "../../testbed/minio-access.ts";
import { waitFor } from "../../testbed/wait.ts";
import type { KubeClient } from "../kube-client.ts";

const widgets = {
  metadata: { name: "widgets.shop.example.io" },
  spec: {
    group: "shop.example.io",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        },
      },
    ],
  },
};

const volumeSpec = { accessModes: ["ReadWriteOnce"], storageClassName: "" };

const volume = {
  metadata: { name: "disk" },
  spec: { ...volumeSpec, capacity: { storage: "1Gi" }, hostPath: { path: "/srv/disk" } },
};

const claim = {
  metadata: { name: "disk", labels: { app: "plain" } },
  spec: { ...volumeSpec, volumeName: "disk", resources: { requests: { storage: "1Gi" } } },
};

const pod = { spec: { containers: [{ name: "web", image: "example.io/web:1" }] } };
const deployment = {
  metadata: { name: "web", labels: { app: "plain" } },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, ...pod },
  },
};

const rules = `version: v1
volumePolicies:
- conditions:
    storageClass: [slow]
  action:
    type: skip
`;

/** `serverNamespace` is made as well, with the Secret \`minio\` and the ConfigMap \`rules\`. */
export async function fillShop(
  client: KubeClient,
  minio: MinioAccess,
  serverNamespace: string,
): Promise<void> {
  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  for (const name of [serverNamespace, "shop", "web", "shop-r1"]) {
    await post("/api/v1/namespaces", { metadata: { name, labels: { app: "plain" } } });
  }
  const cloud = `[default]\naws_access_key_id=${minio.accessKeyId}\naws_secret_access_key=${minio.secretAccessKey}\n`;
  const home = `/api/v1/namespaces/${serverNamespace}`;
  await post(`${home}/secrets`, { metadata: { name: "minio" }, stringData: { cloud } });
  await post(`${home}/configmaps`, { metadata: { name: "rules" }, data: { rules } });
  const labels = { app: "plain" };
  for (const namespace of ["shop", "web"]) {
    const folder = `/api/v1/namespaces/${namespace}`;
    for (const name of ["one", "two"]) {
      await post(`${folder}/configmaps`, { metadata: { name, labels }, data: { name } });
    }
    await post(`${folder}/secrets`, { metadata: { name: "key", labels }, data: { key: "YQ==" } });
  }
  await post("/apis/apps/v1/namespaces/shop/deployments", deployment);
  await post("/api/v1/namespaces/shop/services", {
    metadata: { name: "web", labels },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  });
  await post("/api/v1/persistentvolumes", volume);
  await post("/api/v1/namespaces/shop/persistentvolumeclaims", claim);
  await post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", widgets);
  const widget = {
    ...{ apiVersion: "shop.example.io/v1", kind: "Widget", metadata: { name: "round" } },
    spec: { size: 1 },
  };
  const widgetsPath = "/apis/shop.example.io/v1/namespaces/shop/widgets";
  await waitFor(
    "the kind of widgets",
    async () => (await client.send("POST", widgetsPath, JSON.stringify(widget))).status === 201,
    { timeoutMs: 240_000 },
  );
  await untilSettled(client);
}

/** Until the controllers have made what they make, in time for the first backup. */
async function untilSettled(client: KubeClient): Promise<void> {
  const expected: readonly (readonly [string, RegExp])[] = [
    ["/api/v1/namespaces/shop/persistentvolumeclaims/disk", /"phase":"Bound"/],
    ["/apis/apps/v1/namespaces/shop/replicasets", /"name":"web-/],
    ["/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices", /"name":"web-/],
    ["/api/v1/namespaces/shop/endpoints", /"name":"web"/],
    ...["shop", "web", "shop-r1"].flatMap((namespace) => [
      [`/api/v1/namespaces/${namespace}/serviceaccounts`, /"name":"default"/] as const,
      [`/api/v1/namespaces/${namespace}/configmaps`, /"name":"kube-root-ca.crt"/] as const,
    ]),
  ];
  for (const [path, pattern] of expected) {
    await waitFor(`${pattern} in ${path}`, async () => pattern.test(`${await client.get(path)}`), {
      timeoutMs: 240_000,
    });
  }
}
