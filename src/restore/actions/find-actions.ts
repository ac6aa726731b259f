import type { GroupResource } from "../../api/resource-kind.ts";
import { matchesLabels, parseLabelSelector } from "../../domain/label-selector.ts";
import { includesEverything, shouldInclude } from "../../domain/selection/include-exclude.ts";
import type { RestoreItemAction } from "../../ports/restore-item-action.ts";

/** Which actions apply to which items, as Velero's resolved actions decide. */
export interface ActionFinder {
  /** Those that apply by kind and namespace; `namespace`: of the target, empty: cluster-scoped. */
  find(resource: GroupResource, namespace: string): readonly FoundAction[];
}

export interface FoundAction {
  readonly action: RestoreItemAction;
  readonly selects: (labels: Readonly<Record<string, string>>) => boolean;
}

export function createActionFinder(actions: readonly RestoreItemAction[]): ActionFinder {
  const all = actions.map((action) => {
    const { labelSelector = "" } = action.appliesTo;
    const selector = labelSelector === "" ? undefined : parseLabelSelector(labelSelector);
    const selects = (labels: Readonly<Record<string, string>>): boolean =>
      selector === undefined || matchesLabels(selector, labels);
    return { action, selects };
  });
  return {
    find: (resource, namespace) =>
      all.filter(({ action }) => takesKind(action, resource) && takesNamespace(action, namespace)),
  };
}

function takesKind({ appliesTo }: RestoreItemAction, resource: GroupResource): boolean {
  const { includedResources = [], excludedResources = [] } = appliesTo;
  return shouldInclude({ includes: includedResources, excludes: excludedResources }, resource);
}

/** One for some namespaces sees nothing cluster-scoped. */
function takesNamespace({ appliesTo }: RestoreItemAction, namespace: string): boolean {
  const { includedNamespaces = [], excludedNamespaces = [] } = appliesTo;
  const lists = { includes: includedNamespaces, excludes: excludedNamespaces };
  if (includesEverything(lists)) return true;
  return namespace !== "" && shouldInclude(lists, namespace);
}
