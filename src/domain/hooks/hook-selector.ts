import type { BackupResourceHookSpec } from "../../api/backup.ts";
import { matchesGlob } from "../../lib/glob.ts";
import { isNamedKind } from "../kind-names.ts";
import { matchesLabels } from "../label-selector.ts";
import { shouldInclude } from "../selection/include-exclude.ts";
import type { HookPod } from "./pod-hook.ts";

const pods = { resource: "pods", kind: "Pod" } as const;

/** Whether an entry of `spec.hooks.resources` is for this pod; hooks are for pods only. */
export function selectsPod(
  spec: Omit<BackupResourceHookSpec, "name" | "pre" | "post">,
  pod: Pick<HookPod, "namespace" | "labels">,
): boolean {
  const { includedNamespaces = [], excludedNamespaces = [] } = spec;
  const namespaces = { includes: includedNamespaces, excludes: excludedNamespaces };
  if (!shouldInclude(namespaces, pod.namespace)) return false;
  const { includedResources = [], excludedResources = [] } = spec;
  if (excludedResources.some(namesPods)) return false;
  if (includedResources.length > 0 && !includedResources.some(namesPods)) return false;
  return spec.labelSelector === undefined || matchesLabels(spec.labelSelector, pod.labels);
}

/** `pods`, `pod`, `po`, or a glob such as `*`. */
function namesPods(term: string): boolean {
  return isNamedKind(pods, term) || matchesGlob(term, pods.resource);
}
