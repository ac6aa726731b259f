import { clusterRoles, subjects } from "./edges.ts";
import type { ItemReference } from "./item-reference.ts";

/** A ClusterRoleBinding as far as its references need it. */
export interface BindingLens {
  readonly subjects?: readonly {
    readonly kind?: string;
    readonly namespace?: string;
    readonly name?: string;
  }[];
  readonly roleRef?: { readonly name?: string };
}

/** The service accounts that it names, as subjects. */
export function accountsOf(binding: BindingLens): readonly ItemReference[] {
  return (binding.subjects ?? [])
    .filter((subject) => subject.kind === "ServiceAccount")
    .map(({ namespace = "", name = "" }) => ({ resource: subjects, namespace, name }));
}

/** The role that it grants (Velero's RelatedItemsForServiceAccount). */
export function roleOf(binding: BindingLens): ItemReference | undefined {
  const name = binding.roleRef?.name ?? "";
  return name === "" ? undefined : { resource: clusterRoles, namespace: "", name };
}
