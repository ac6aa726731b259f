import { serviceAccounts, subjects } from "../../domain/references/edges.ts";
import type { ItemAction } from "../../ports/item-action.ts";
import { resultOf } from "./read-lens.ts";

/**
 * Velero's `velero.io/service-account`: the ClusterRoleBindings that name the account, and their
 * ClusterRoles. The account does not know who names it, so it is wanted itself, as a subject: the
 * bindings are listed after all accounts and ask for theirs ({@link followBinding}).
 */
export const serviceAccountAction: ItemAction = {
  name: "velero.io/service-account",
  appliesTo: { includedResources: [serviceAccounts] },
  execute({ object }) {
    const { namespace, name } = object;
    return resultOf(object, [{ resource: subjects, namespace, name }]);
  },
};
