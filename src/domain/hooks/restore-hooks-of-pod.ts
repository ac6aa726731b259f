import type { RestoreResourceHookSpec } from "../../api/restore.ts";
import { goDurationMs } from "../../lib/go-duration.ts";
import { selectsPod } from "./hook-selector.ts";
import { effectiveTimeoutMs } from "./pod-hook.ts";
import type { RestoreHook, RestoreHookPod } from "./restore-hook.ts";
import { restoreHookAnnotation } from "./restore-hook-annotations.ts";

export interface HooksOfRestoredPod {
  /** In the order in which they run inside each container. */
  readonly hooks: readonly RestoreHook[];
  /** Their container is not in the pod: they are left out, which is no failure, as in Velero. */
  readonly misplaced: readonly RestoreHook[];
  /** What is wrong with the annotations; sentences. */
  readonly notes: readonly string[];
}

/**
 * The commands of a restored pod. An annotation with a command takes the place of everything in the
 * spec; namespaces of the spec are those of the target (item_hook_handler.go).
 */
export function restoreHooksOfPod(
  pod: RestoreHookPod,
  resources: readonly RestoreResourceHookSpec[],
): HooksOfRestoredPod {
  const [first] = pod.containers;
  if (first === undefined) return { hooks: [], misplaced: [], notes: [] };
  const annotated = restoreHookAnnotation(pod.annotations);
  const given =
    annotated === undefined
      ? resources.filter((one) => selects(one, pod)).flatMap(hooksOfSpec)
      : [annotated.hook];
  const all = given.map((hook) => (hook.container === "" ? { ...hook, container: first } : hook));
  const isThere = ({ container }: RestoreHook) => pod.containers.includes(container);
  return {
    hooks: all.filter(isThere),
    misplaced: all.filter((hook) => !isThere(hook)),
    notes: annotated?.notes ?? [],
  };
}

/** Its lists of resources have no effect: hooks are for pods. */
export function selects(
  { includedNamespaces = [], excludedNamespaces = [], labelSelector }: RestoreResourceHookSpec,
  pod: Pick<RestoreHookPod, "namespace" | "labels">,
): boolean {
  const labels = labelSelector === undefined ? {} : { labelSelector };
  return selectsPod({ includedNamespaces, excludedNamespaces, ...labels }, pod);
}

function hooksOfSpec({ name, postHooks = [] }: RestoreResourceHookSpec): readonly RestoreHook[] {
  return postHooks.flatMap(({ exec }, index) => {
    if (exec === undefined) return [];
    const { container = "", command, onError = "", waitForReady = false } = exec;
    return {
      source: "spec" as const,
      name,
      index,
      container,
      command,
      onError,
      execTimeoutMs: effectiveTimeoutMs(goDurationMs(exec.execTimeout ?? "0") ?? 0),
      waitTimeoutMs: Math.max(0, goDurationMs(exec.waitTimeout ?? "0") ?? 0),
      waitForReady,
    };
  });
}
