import { type GroupResource, groupResource, type ResourceKind } from "../api/resource-kind.ts";
import type { BackupPlan } from "../domain/plan.ts";
import { clusterRoleBindings, clusterRoles, subjects } from "../domain/references/edges.ts";
import type { Want } from "../domain/selection/item-verdict.ts";
import type { WantedItems } from "./wanted-items.ts";

/** Whether any item of a kind may be wanted by now that its filters and selectors do not take. */
export function isAskedFor(kind: ResourceKind, plan: BackupPlan, wanted: WantedItems): boolean {
  const resource = groupResource(kind);
  const takes = (one: GroupResource): Want =>
    plan.related.find((candidate) => groupResource(candidate.kind) === one)?.takes ?? "wanted";
  if (resource !== clusterRoleBindings) return wanted.wants(resource, takes(resource));
  // Bindings are asked for by the accounts that they name, their roles by the bindings.
  const strictest = [resource, clusterRoles].every((one) => takes(one) === "must");
  return wanted.wants(subjects, strictest ? "must" : "wanted");
}
