import { clusterName, commonLabels, type Manifest, serverName } from "./manifest.ts";
import { clusterRights, namespaceRights, type Right } from "./rights.ts";
import type { ServerRequest } from "./server-request.ts";

const api = "rbac.authorization.k8s.io";

/** The account the server runs as, with its rights; nothing where it has another one. */
export function accountManifests(request: ServerRequest): readonly Manifest[] {
  if (request.serviceAccountName !== undefined) return [];
  const { namespace, version, serviceAccountAnnotations } = request;
  const labels = commonLabels(version);
  const inCluster = { name: clusterName(namespace), labels };
  const inNamespace = { name: serverName, namespace, labels };
  const subjects = [{ kind: "ServiceAccount", name: serverName, namespace }];
  const roleRef = (kind: string, name: string) => ({ apiGroup: api, kind, name });
  return [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { ...inNamespace, ...annotated(serviceAccountAnnotations) },
    },
    {
      apiVersion: `${api}/v1`,
      kind: "ClusterRole",
      metadata: inCluster,
      rules: toRules(clusterRights(request)),
    },
    {
      apiVersion: `${api}/v1`,
      kind: "ClusterRoleBinding",
      metadata: inCluster,
      roleRef: roleRef("ClusterRole", inCluster.name),
      subjects,
    },
    {
      apiVersion: `${api}/v1`,
      kind: "Role",
      metadata: inNamespace,
      rules: toRules(namespaceRights(request)),
    },
    {
      apiVersion: `${api}/v1`,
      kind: "RoleBinding",
      metadata: inNamespace,
      roleRef: roleRef("Role", serverName),
      subjects,
    },
  ];
}

const toRules = (rights: readonly Right[]): readonly object[] =>
  rights.map(({ why: _why, ...rule }) => rule);

export function annotated(annotations: Readonly<Record<string, string>>): {
  readonly annotations?: Readonly<Record<string, string>>;
} {
  return Object.keys(annotations).length === 0 ? {} : { annotations };
}
