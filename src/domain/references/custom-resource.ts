import type { GroupResource } from "../../api/resource-kind.ts";
import { customResourceDefinitions } from "./edges.ts";
import type { ItemReference } from "./item-reference.ts";

/** Groups that the API server itself serves (1.36): their kinds have no definition to take. */
const ownGroups: ReadonlySet<string> = new Set([
  ...["", "apps", "autoscaling", "batch", "events.k8s.io", "extensions", "policy"],
  ...["admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io"],
  ...["authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io"],
  ...["coordination.k8s.io", "discovery.k8s.io", "flowcontrol.apiserver.k8s.io"],
  ...["internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io"],
  ...["rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io"],
  "storagemigration.k8s.io",
]);

/** The CRD that may define a kind; undefined for the API server's own kinds. */
export function definitionOf(resource: GroupResource): ItemReference | undefined {
  const dot = resource.indexOf(".");
  const group = dot === -1 ? "" : resource.slice(dot + 1);
  if (ownGroups.has(group)) return undefined;
  return { resource: customResourceDefinitions, namespace: "", name: resource };
}
