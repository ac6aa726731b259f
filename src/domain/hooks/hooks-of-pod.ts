import type { BackupResourceHookSpec, HookErrorMode } from "../../api/backup.ts";
import { goDurationMs } from "../../lib/go-duration.ts";
import { hookAnnotation } from "./hook-annotations.ts";
import { selectsPod } from "./hook-selector.ts";
import { effectiveTimeoutMs, type HookPhase, type HookPod, type PodHook } from "./pod-hook.ts";

export interface HooksOfPod {
  /** In the order in which they run. */
  readonly hooks: readonly PodHook[];
  /** What is wrong with the pod's annotations and does not stop the hook; sentences. */
  readonly notes: readonly string[];
}

/**
 * The hooks of a pod for one phase. An annotation with a command takes the place of everything in
 * the spec, for its phase only; annotations without a phase count as `pre` where no `pre.` command
 * stands (item_hook_handler.go).
 */
export function hooksOfPod(
  pod: HookPod,
  resources: readonly BackupResourceHookSpec[],
  phase: HookPhase,
): HooksOfPod {
  const annotated =
    hookAnnotation(pod.annotations, `${phase}.`) ??
    (phase === "pre" ? hookAnnotation(pod.annotations, "") : undefined);
  if (annotated !== undefined) {
    const { container, command, onError, timeoutMs, notes } = annotated;
    const hook = { container, command, onError, timeoutMs, name: "", index: 0 };
    return { hooks: [{ phase, source: "annotation", ...hook }], notes };
  }
  const hooks = resources
    .filter((resource) => selectsPod(resource, pod))
    .flatMap((resource) => hooksOfSpec(resource, phase));
  return { hooks, notes: [] };
}

function hooksOfSpec(resource: BackupResourceHookSpec, phase: HookPhase): PodHook[] {
  const list = (phase === "pre" ? resource.pre : resource.post) ?? [];
  return list.flatMap(({ exec }, index) => {
    if (exec === undefined) return [];
    const { container = "", command, onError = "", timeout = "0" } = exec;
    const timeoutMs = effectiveTimeoutMs(goDurationMs(timeout) ?? 0);
    const mode: HookErrorMode | "" = onError;
    const { name } = resource;
    const common = { phase, source: "spec", name, index } as const;
    return [{ ...common, container, command, onError: mode, timeoutMs }];
  });
}
