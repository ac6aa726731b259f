import type { HookPod, PodHook } from "./pod-hook.ts";

export interface HookCounts {
  readonly hooksAttempted: number;
  readonly hooksFailed: number;
}

/**
 * Velero's counts for `status.hookStatus`. A hook counts as attempted when its turn comes, even if
 * an earlier failure keeps it from running; of hooks that share pod, source, container, phase, name
 * and place only the first counts (hook_tracker.go).
 */
export interface HookTracker {
  add(pod: HookPod, hook: PodHook): void;
  record(pod: HookPod, hook: PodHook, failed: boolean): void;
  counts(): HookCounts;
}

export function createHookTracker(): HookTracker {
  const states = new Map<string, "added" | "done" | "failed">();
  return {
    add(pod, hook) {
      const key = keyOf(pod, hook);
      if (!states.has(key)) states.set(key, "added");
    },
    record(pod, hook, failed) {
      const key = keyOf(pod, hook);
      if (states.get(key) === "added") states.set(key, failed ? "failed" : "done");
    },
    counts() {
      const all = [...states.values()];
      return {
        hooksAttempted: all.length,
        hooksFailed: all.filter((state) => state === "failed").length,
      };
    },
  };
}

function keyOf(pod: HookPod, hook: PodHook): string {
  const { source, container, phase, name, index } = hook;
  return JSON.stringify([pod.namespace, pod.name, source, container, phase, name, index]);
}
