import type { RawObject } from "../api/raw-object.ts";
import { accountsOf, type BindingLens, roleOf } from "../domain/references/cluster-role-binding.ts";
import { clusterRoleBindings } from "../domain/references/edges.ts";
import type { ItemReference } from "../domain/references/item-reference.ts";
import type { Want } from "../domain/selection/item-verdict.ts";
import { readWhere } from "./item-actions/read-lens.ts";
import type { WantedItems } from "./wanted-items.ts";

/**
 * A ClusterRoleBinding and its role are wanted when it names a service account that was taken,
 * whether the binding itself is taken or not (Velero's `velero.io/service-account`).
 */
export function followBinding(
  object: RawObject,
  wanted: WantedItems,
  want: (item: ItemReference, how: Want) => void,
): void {
  const binding = readWhere<BindingLens>(object, ['"ServiceAccount"']);
  if (binding === undefined) return;
  const hows = accountsOf(binding).map((account) => wanted.has(account));
  const how = hows.includes("must") ? "must" : hows.find((one) => one !== undefined);
  if (how === undefined) return;
  want({ resource: clusterRoleBindings, namespace: "", name: object.name }, how);
  const role = roleOf(binding);
  if (role !== undefined) want(role, how);
}
