import type { BackupSpec, LabelSelector } from "../../api/backup.ts";
import { formatLabelSelector } from "../label-selector.ts";

/**
 * Equal for two specs that select the same, however their lists are ordered. What else a spec says
 * (hooks, times, volumes) is no part of it. `policies`: hex SHA-256 of the resource policies' text.
 */
export function selectionKey(spec: BackupSpec, policies: string | undefined): string {
  return JSON.stringify([
    includes(spec.includedNamespaces),
    names(spec.excludedNamespaces),
    includes(spec.includedResources),
    names(spec.excludedResources),
    names(spec.includedClusterScopedResources),
    names(spec.excludedClusterScopedResources),
    includes(spec.includedNamespaceScopedResources),
    names(spec.excludedNamespaceScopedResources),
    spec.includeClusterResources ?? "auto",
    selectors([...(spec.labelSelector ? [spec.labelSelector] : [])]),
    selectors(spec.orLabelSelectors ?? []),
    policies ?? spec.resourcePolicy?.name ?? "",
  ]);
}

function names(list: readonly string[] = []): readonly string[] {
  return [...new Set(list)].sort();
}

/** `*` is what an empty list of includes means. */
function includes(list: readonly string[] = []): readonly string[] {
  return list.includes("*") ? [] : names(list);
}

function selectors(list: readonly LabelSelector[]): readonly string[] {
  return names(list.map(formatLabelSelector).filter((text) => text !== ""));
}
