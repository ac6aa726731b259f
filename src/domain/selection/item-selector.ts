import type { RawObject } from "../../api/raw-object.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import { matchesLabels, parseLabelSelector } from "../label-selector.ts";
import { includesEverything, shouldInclude } from "./include-exclude.ts";

/** Velero's ResourceSelector; an empty one selects every item. Lists hold names and globs. */
export interface ItemSelector {
  readonly includedNamespaces?: readonly string[];
  readonly excludedNamespaces?: readonly string[];
  /** Group-resources. */
  readonly includedResources?: readonly GroupResource[];
  readonly excludedResources?: readonly GroupResource[];
  /** In the API server's notation. */
  readonly labelSelector?: string;
}

/** Whether an action sees items of a kind at all. */
export function appliesToKind(
  { appliesTo }: { readonly appliesTo: ItemSelector },
  resource: GroupResource,
): boolean {
  const { includedResources = [], excludedResources = [] } = appliesTo;
  return shouldInclude({ includes: includedResources, excludes: excludedResources }, resource);
}

/** As Velero's resolved actions decide: one for some namespaces sees nothing cluster-scoped. */
export function itemFilter({
  appliesTo,
}: {
  readonly appliesTo: ItemSelector;
}): (object: Pick<RawObject, "namespace" | "labels">) => boolean {
  const { includedNamespaces = [], excludedNamespaces = [], labelSelector = "" } = appliesTo;
  const lists = { includes: includedNamespaces, excludes: excludedNamespaces };
  const selector = labelSelector === "" ? undefined : parseLabelSelector(labelSelector);
  const everywhere = includesEverything(lists);
  return ({ namespace, labels }) => {
    if (!everywhere && (namespace === "" || !shouldInclude(lists, namespace))) return false;
    return selector === undefined || matchesLabels(selector, labels);
  };
}
