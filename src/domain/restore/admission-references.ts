import type { GroupResource } from "../../api/resource-kind.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";

/** An object that must be there before the API server takes another. */
export interface AdmissionReference {
  readonly resource: GroupResource;
  readonly kind: string;
  /** Empty: cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
}

/**
 * What admission and authorisation look up when an object is created (tried, design part 14: a pod
 * whose service account or priority class is missing is refused; a binding needs its role).
 */
export function admissionReferences(
  resource: GroupResource,
  desired: JsonObject,
): readonly AdmissionReference[] {
  const namespace = textAt(desired, ["metadata", "namespace"]);
  if (resource === "pods") return podReferences(desired, namespace);
  if (!/^(?:cluster)?rolebindings\.rbac\.authorization\.k8s\.io$/.test(resource)) return [];
  const kind = textAt(desired, ["roleRef", "kind"]);
  const name = textAt(desired, ["roleRef", "name"]);
  const isRole = kind === "Role";
  const plural = isRole ? "roles" : "clusterroles";
  return [
    {
      resource: `${plural}.rbac.authorization.k8s.io`,
      kind: isRole ? "Role" : "ClusterRole",
      namespace: isRole ? namespace : "",
      name,
    },
  ];
}

function podReferences(pod: JsonObject, namespace: string): readonly AdmissionReference[] {
  const account = textAt(pod, ["spec", "serviceAccountName"]) || "default";
  const priority = textAt(pod, ["spec", "priorityClassName"]);
  const runtime = textAt(pod, ["spec", "runtimeClassName"]);
  const cluster = { namespace: "" };
  return [
    { resource: "serviceaccounts", kind: "ServiceAccount", namespace, name: account },
    ...(priority === ""
      ? []
      : [
          {
            resource: "priorityclasses.scheduling.k8s.io",
            kind: "PriorityClass",
            ...cluster,
            name: priority,
          },
        ]),
    ...(runtime === ""
      ? []
      : [
          {
            resource: "runtimeclasses.node.k8s.io",
            kind: "RuntimeClass",
            ...cluster,
            name: runtime,
          },
        ]),
  ];
}
