import { longestTimeoutMs } from "../../domain/hooks/pod-hook.ts";
import { type HookGroup, podWaitMs } from "../../domain/hooks/restore-hook.ts";
import { readObject } from "../apply/read-object.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import { readNamed } from "../survey/read-named.ts";
import { type AwaitedPod, awaitedPod } from "./awaited-pod.ts";
import { type RestoredPod, readRestoredPod } from "./read-restored-pod.ts";
import { failRest, runGroups } from "./run-hook-groups.ts";

const pollMs = 1_000;

/**
 * Runs the commands that created pods have, once their containers are up; all objects are restored
 * by then. Pods are looked at together, once a second, and never wait for each other: a pod whose
 * container does not come up keeps none back, nor does a failure. A command that did not run is an
 * error of the run, as in Velero. What processes before have ended is not run again.
 */
export async function runRestoreHooks(run: RestoreRun, signal: AbortSignal): Promise<void> {
  const { clock, cluster } = run.ports;
  const kind = run.target.find("pods", "v1");
  if (run.hooks.owed.length === 0 || kind === undefined) return;
  run.progress.enter("hooks");
  const startedMs = clock.monotonicMs();
  const shown = run.waits.begin("hook-container", undefined, signal);
  const waiting = new Map(run.hooks.owed.map((owed) => [owed.uid, awaitedPod(owed)]));
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const start = (pod: AwaitedPod, live: RestoredPod, groups: readonly HookGroup[]): void => {
    pod.isBusy = true;
    const work = runGroups(run, { pod, live, groups, startedMs }, signal)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => {
        pod.isBusy = false;
        running.delete(work);
      });
    running.add(work);
  };
  while (waiting.size > 0 && failure === undefined) {
    signal.throwIfAborted();
    const seen = new Map<string, RestoredPod>();
    const idle = [...waiting.values()].filter(({ isBusy }) => !isBusy);
    const names = idle.map(({ owed: { target } }) => ({
      kind,
      namespace: target.namespace,
      name: target.name,
    }));
    await readNamed(names, cluster, { limit: run.limits.readers, signal }, (raw) => {
      const what = `pod "${raw.namespace}/${raw.name}" of the cluster`;
      seen.set(raw.uid, readRestoredPod(readObject(raw.bytes, what)));
    });
    for (const pod of idle) {
      const live = seen.get(pod.owed.uid);
      await advance(run, { pod, live, startedMs }, start);
      if (pod.isDone) waiting.delete(pod.owed.uid);
    }
    if (waiting.size === 0) break;
    shown.show(`hooks of ${countPods(waiting.size)}`, firstWait([...waiting.values()]));
    const isAnyIdle = [...waiting.values()].some(({ isBusy }) => !isBusy);
    await Promise.race([...(isAnyIdle ? [shown.pause(pollMs)] : []), ...running]);
  }
  await Promise.all(running);
  shown.end();
  if (failure !== undefined) throw failure.error;
}

interface Look {
  readonly pod: AwaitedPod;
  /** Undefined: it is not there any more, or is another one. */
  readonly live: RestoredPod | undefined;
  readonly startedMs: number;
}

async function advance(
  run: RestoreRun,
  { pod, live, startedMs }: Look,
  start: (pod: AwaitedPod, live: RestoredPod, groups: readonly HookGroup[]) => void,
): Promise<void> {
  if (live !== undefined && pod.left === undefined) pod.take(run, live);
  const left = pod.left ?? [];
  if (pod.left !== undefined && left.length === 0) {
    pod.isDone = true;
    return;
  }
  const limitMs = podWaitMs(left.flatMap(({ hooks }) => hooks)) || longestTimeoutMs;
  const isLate = run.ports.clock.monotonicMs() - startedMs >= limitMs;
  const up = live === undefined ? [] : left.filter((group) => isUp(live, group));
  const why =
    whyNever(live) ?? (up.length === 0 && isLate ? lateText(live, left, limitMs) : undefined);
  if (why !== undefined) {
    await failRest(run, pod, why);
    pod.isDone = true;
    return;
  }
  pod.waitsFor = live === undefined ? "" : stateText(live, left);
  if (live !== undefined && up.length > 0) start(pod, live, up);
}

function isUp({ states }: RestoredPod, { container, waitForReady }: HookGroup): boolean {
  const state = states.get(container);
  if (state === undefined) return false;
  return waitForReady ? state.ready : state.running;
}

function whyNever(live: RestoredPod | undefined): string | undefined {
  if (live === undefined) return "the pod was deleted before it could run";
  const isOver = live.phase === "Succeeded" || live.phase === "Failed";
  return isOver ? `the pod came to phase ${live.phase} before it could run` : undefined;
}

/** `container "db" to run (ImagePullBackOff)`. */
function stateText(live: RestoredPod, [group]: readonly HookGroup[]): string {
  if (group === undefined) return "";
  const reason = live.states.get(group.container)?.reason ?? "";
  const why = reason || (live.phase === "Pending" ? "Pending" : "");
  const what = group.waitForReady ? "be ready" : "run";
  return `container "${group.container}" to ${what}${why === "" ? "" : ` (${why})`}`;
}

function lateText(
  live: RestoredPod | undefined,
  left: readonly HookGroup[],
  limitMs: number,
): string {
  const what = live === undefined ? "the pod" : stateText(live, left);
  return `waited ${Math.round(limitMs / 1000)} s for ${what}`;
}

const countPods = (count: number): string => (count === 1 ? "1 pod" : `${count} pods`);

function firstWait(pods: readonly AwaitedPod[]): string | undefined {
  const first = pods.find(({ waitsFor }) => waitsFor !== "");
  return first && `${describeTarget(first.owed.target)}: ${first.waitsFor}`;
}
