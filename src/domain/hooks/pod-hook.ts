import type { HookErrorMode } from "../../api/backup.ts";

/** What hooks need to know of a pod. */
export interface HookPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Names, in the pod's order. */
  readonly containers: readonly string[];
  /** Init containers that go on running (`restartPolicy: Always`). */
  readonly sidecars: readonly string[];
  /** `status.phase`; empty when there is none. */
  readonly phase: string;
  /** Claims that its volumes name, in its namespace. */
  readonly claims: readonly string[];
}

export type HookPhase = "pre" | "post";

/** One command that a pod has to run before or after its data is taken. */
export interface PodHook {
  readonly phase: HookPhase;
  readonly source: "annotation" | "spec";
  /** Name of the entry in `spec.hooks.resources`; empty for annotations. */
  readonly name: string;
  /** Place in that entry's list. */
  readonly index: number;
  /** As it was given; empty: the pod's first container. */
  readonly container: string;
  readonly command: readonly string[];
  /** Empty: not given. Velero 1.18.3 then goes on, as with Continue. */
  readonly onError: HookErrorMode | "";
  readonly timeoutMs: number;
}

/** Velero's. */
export const defaultTimeoutMs = 30_000;

/** Velero waits for ever when the timeout is negative; no wait of ours is without a limit. */
export const longestTimeoutMs = 4 * 3_600_000;

/** Timers take no more; 24.8 days. */
const maxTimerMs = 2 ** 31 - 1;

/** What a timeout of so many milliseconds means; zero: none was given. */
export function effectiveTimeoutMs(givenMs: number): number {
  if (givenMs === 0) return defaultTimeoutMs;
  return givenMs < 0 ? longestTimeoutMs : Math.min(givenMs, maxTimerMs);
}

export type HookTarget =
  | { readonly state: "run"; readonly container: string }
  /** The pod has ended: nothing is run, which is no failure. */
  | { readonly state: "ended"; readonly reason: string }
  | { readonly state: "invalid"; readonly reason: string };

/** Where a hook runs, checked in Velero's order (pod_command_executor.go). */
export function hookTarget(pod: HookPod, hook: PodHook): HookTarget {
  const container = hook.container === "" ? pod.containers[0] : hook.container;
  if (container === undefined) return { state: "invalid", reason: "the pod has no container" };
  if (!pod.containers.includes(container) && !pod.sidecars.includes(container)) {
    const known = [...pod.containers, ...pod.sidecars].join(", ");
    const reason = `the pod has no container "${container}", only ${known}`;
    return { state: "invalid", reason };
  }
  if (hook.command.length === 0) return { state: "invalid", reason: "it has no command" };
  if (pod.phase === "Succeeded" || pod.phase === "Failed") {
    return { state: "ended", reason: `the pod is in phase ${pod.phase}` };
  }
  return { state: "run", container };
}
