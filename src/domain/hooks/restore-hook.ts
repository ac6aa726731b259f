import type { HookErrorMode } from "../../api/backup.ts";

/** One command that a restored pod runs once its container is up. */
export interface RestoreHook {
  readonly source: "annotation" | "spec";
  /** Name of the entry in `spec.hooks.resources`; `<from-annotation>` for annotations. */
  readonly name: string;
  /** Place in that entry's list. */
  readonly index: number;
  readonly container: string;
  readonly command: readonly string[];
  /** Empty: not given; then the pod's other hooks go on, as in Velero. */
  readonly onError: HookErrorMode | "";
  readonly execTimeoutMs: number;
  /** Zero: as long as any wait may last. */
  readonly waitTimeoutMs: number;
  readonly waitForReady: boolean;
}

/** Where the hooks of a restored pod come from. */
export interface RestoreHookPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Names, in the pod's order; with init containers that go on running. */
  readonly containers: readonly string[];
}

/** Hooks of one container, which wait together and run one after another. */
export interface HookGroup {
  readonly container: string;
  /** One of its hooks asks for it: then all wait for it. */
  readonly waitForReady: boolean;
  readonly hooks: readonly RestoreHook[];
}

/** In the order in which containers are first named. */
export function groupByContainer(hooks: readonly RestoreHook[]): readonly HookGroup[] {
  return [...Map.groupBy(hooks, ({ container }) => container)].map(([container, ofIt]) => ({
    container,
    waitForReady: ofIt.some(({ waitForReady }) => waitForReady),
    hooks: ofIt,
  }));
}

/** How long a pod is waited for: the longest of its hooks; zero: one of them has no limit. */
export function podWaitMs(hooks: readonly RestoreHook[]): number {
  return hooks.some(({ waitTimeoutMs }) => waitTimeoutMs <= 0)
    ? 0
    : Math.max(0, ...hooks.map(({ waitTimeoutMs }) => waitTimeoutMs));
}

/** Tells hooks of one run from each other, whatever process runs them. */
export function restoreHookKey(
  pod: Pick<RestoreHookPod, "namespace" | "name">,
  { source, name, container, index }: Pick<RestoreHook, "source" | "name" | "container" | "index">,
): string {
  return JSON.stringify([pod.namespace, pod.name, source, name, container, index]);
}
