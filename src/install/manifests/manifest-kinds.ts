import { backupStorageLocationKind } from "../../api/backup-storage-location.ts";
import type { ResourceKind } from "../../api/resource-kind.ts";
import { ArkError } from "../../lib/errors.ts";
import type { ObjectRef } from "../../ports/cluster.ts";
import type { Manifest } from "./manifest.ts";

const bare = {
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  shortNames: [],
  categories: [],
  preferred: true,
  subresources: [],
};

function builtIn(path: string, resource: string, kind: string, namespaced = true): ResourceKind {
  const [group, version = ""] = path.includes("/") ? path.split("/") : ["", path];
  const singular = kind.toLowerCase();
  return { ...bare, group: group ?? "", version, resource, kind, singular, namespaced };
}

/** Known without discovery: an installation writes these and no other kinds. */
const kinds: readonly ResourceKind[] = [
  builtIn("v1", "namespaces", "Namespace", false),
  builtIn("v1", "serviceaccounts", "ServiceAccount"),
  builtIn("v1", "secrets", "Secret"),
  builtIn("v1", "services", "Service"),
  builtIn("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", false),
  builtIn("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", false),
  builtIn("rbac.authorization.k8s.io/v1", "roles", "Role"),
  builtIn("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding"),
  builtIn("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget"),
  builtIn("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy"),
  builtIn("apps/v1", "deployments", "Deployment"),
  builtIn("velero.io/v1", backupStorageLocationKind.plural, backupStorageLocationKind.kind),
];

export const podKind = builtIn("v1", "pods", "Pod");

export function manifestKind(kind: string): ResourceKind {
  const found = kinds.find((one) => one.kind === kind);
  if (found !== undefined) return found;
  throw new ArkError("ARK_UNEXPECTED", `an installation has no kind ${kind}`, {
    disposition: "bug",
  });
}

export function manifestRef({ kind, metadata }: Manifest): ObjectRef {
  const { namespace = "", name } = metadata;
  return { kind: manifestKind(kind), namespace, name };
}
