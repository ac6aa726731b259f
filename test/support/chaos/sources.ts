/** Namespaces to be backed up, of plain objects that nobody changes. */
import type { KubeClient } from "../kube-client.ts";

/** What a source has; to ask for nothing else spares the API server a hundred lists for each run. */
export const sourceKinds = [
  "namespaces",
  "configmaps",
  "secrets",
  "serviceaccounts",
  "services",
  "roles.rbac.authorization.k8s.io",
  "rolebindings.rbac.authorization.k8s.io",
  "deployments.apps",
] as const;

const labels = { app: "chaos" };

/** `objects`: how many ConfigMaps; others are few. */
export async function fillSource(
  client: KubeClient,
  namespace: string,
  objects: number,
): Promise<void> {
  const post = (path: string, body: object) => client.demand("POST", path, JSON.stringify(body));
  const core = { apiVersion: "v1", metadata: {} };
  await post("/api/v1/namespaces", { ...core, kind: "Namespace", metadata: { name: namespace } });
  const at = (path: string) => `/api/v1/namespaces/${namespace}/${path}`;
  const named = (kind: string, name: string, more: object) => ({
    ...{ apiVersion: "v1", kind, metadata: { name, labels } },
    ...more,
  });
  for (let number = 0; number < objects; number += 1) {
    const data = { number: `${number}`, text: `${namespace} ${number} `.repeat(40) };
    await post(at("configmaps"), named("ConfigMap", `settings-${number}`, { data }));
  }
  const secret = { type: "Opaque", data: { key: Buffer.from(namespace).toString("base64") } };
  await post(at("secrets"), named("Secret", "key", secret));
  await post(at("serviceaccounts"), named("ServiceAccount", "worker", {}));
  const ports = [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }];
  await post(at("services"), named("Service", "web", { spec: { ports } }));
  await fillGroups(post, namespace);
}

async function fillGroups(
  post: (path: string, body: object) => Promise<unknown>,
  namespace: string,
): Promise<void> {
  const rbac = "rbac.authorization.k8s.io";
  const at = (group: string, path: string) => `/apis/${group}/namespaces/${namespace}/${path}`;
  const named = (apiVersion: string, kind: string, name: string, more: object) => ({
    ...{ apiVersion, kind, metadata: { name, labels } },
    ...more,
  });
  const rules = [{ verbs: ["get"], apiGroups: [""], resources: ["configmaps"] }];
  await post(at(`${rbac}/v1`, "roles"), named(`${rbac}/v1`, "Role", "reader", { rules }));
  const binding = {
    roleRef: { apiGroup: rbac, kind: "Role", name: "reader" },
    subjects: [{ kind: "ServiceAccount", name: "worker", namespace }],
  };
  await post(
    at(`${rbac}/v1`, "rolebindings"),
    named(`${rbac}/v1`, "RoleBinding", "readers", binding),
  );
  const containers = [{ name: "main", image: "none.invalid/none:1" }];
  const template = { metadata: { labels }, spec: { containers } };
  // Paused and without replicas: no controller makes anything of it.
  const spec = { replicas: 0, paused: true, selector: { matchLabels: labels }, template };
  await post(at("apps/v1", "deployments"), named("apps/v1", "Deployment", "web", { spec }));
}
