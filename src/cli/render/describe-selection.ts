import type { BackupSpec, LabelSelector } from "../../api/backup.ts";
import { formatLabelSelector } from "../../domain/label-selector.ts";
import { type DescriptionLine, listed, triState } from "./description.ts";

type Selection = Pick<
  BackupSpec,
  | "includedNamespaces"
  | "excludedNamespaces"
  | "includedResources"
  | "excludedResources"
  | "includedClusterScopedResources"
  | "excludedClusterScopedResources"
  | "includedNamespaceScopedResources"
  | "excludedNamespaceScopedResources"
  | "includeClusterResources"
  | "labelSelector"
  | "orLabelSelectors"
>;

/** Namespaces, resources and selectors of a Backup or Restore, in Velero's words. */
export function selectionLines(spec: Selection): readonly DescriptionLine[] {
  return [
    { text: "Namespaces:" },
    { key: "Included", value: listed(spec.includedNamespaces, "*"), indent: 2 },
    { key: "Excluded", value: listed(spec.excludedNamespaces), indent: 2 },
    "",
    { text: "Resources:" },
    ...(usesScopedLists(spec) ? scopedLines(spec) : plainLines(spec)),
    "",
    { key: "Label selector", value: selectorText(spec.labelSelector) },
    "",
    { key: "Or label selector", value: orSelectorText(spec.orLabelSelectors) },
  ];
}

function usesScopedLists(spec: Selection): boolean {
  return [
    spec.includedClusterScopedResources,
    spec.excludedClusterScopedResources,
    spec.includedNamespaceScopedResources,
    spec.excludedNamespaceScopedResources,
  ].some((list) => list !== undefined && list.length > 0);
}

function plainLines(spec: Selection): readonly DescriptionLine[] {
  const cluster = { true: "included", false: "excluded", auto: "auto" }[
    triState(spec.includeClusterResources)
  ];
  return [
    { key: "Included", value: listed(spec.includedResources, "*"), indent: 2 },
    { key: "Excluded", value: listed(spec.excludedResources), indent: 2 },
    { key: "Cluster-scoped", value: cluster ?? "auto", indent: 2 },
  ];
}

function scopedLines(spec: Selection): readonly DescriptionLine[] {
  const line = (key: string, list: readonly string[] | undefined, none?: string) => ({
    key,
    value: listed(list, none),
    indent: 2,
  });
  return [
    line("Included cluster-scoped", spec.includedClusterScopedResources),
    line("Excluded cluster-scoped", spec.excludedClusterScopedResources),
    line("Included namespace-scoped", spec.includedNamespaceScopedResources, "*"),
    line("Excluded namespace-scoped", spec.excludedNamespaceScopedResources),
  ];
}

export function selectorText(selector: LabelSelector | undefined): string {
  const text = selector === undefined ? "" : formatLabelSelector(selector);
  return text === "" ? "<none>" : text;
}

export function orSelectorText(selectors: readonly LabelSelector[] | undefined): string {
  if (selectors === undefined || selectors.length === 0) return "<none>";
  return selectors.map(formatLabelSelector).join(" or ");
}
