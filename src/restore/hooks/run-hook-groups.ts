import {
  type HookGroup,
  type RestoreHook,
  restoreHookKey,
} from "../../domain/hooks/restore-hook.ts";
import { runHookCommand } from "../../hooks/run-hook-command.ts";
import type { RestoreRun } from "../restore-run.ts";
import type { AwaitedPod } from "./awaited-pod.ts";
import type { RestoredPod } from "./read-restored-pod.ts";
import { type HookResultEnd, record } from "./record-hook.ts";

interface GroupRun {
  readonly pod: AwaitedPod;
  readonly live: RestoredPod;
  /** Those whose container is up. */
  readonly groups: readonly HookGroup[];
  readonly startedMs: number;
}

/** Runs the hooks of containers that are up, one after another; Fail ends all that the pod has left. */
export async function runGroups(
  run: RestoreRun,
  { pod, live, groups, startedMs }: GroupRun,
  signal: AbortSignal,
): Promise<void> {
  for (const group of groups) {
    for (const [at, hook] of group.hooks.entries()) {
      const end = await runOne(run, live, hook, startedMs, signal);
      signal.throwIfAborted();
      if (!end.failed || hook.onError !== "Fail") continue;
      const rest = { ...group, hooks: group.hooks.slice(at + 1) };
      pod.left = [rest, ...(pod.left ?? []).filter((one) => one.container !== group.container)];
      await failRest(run, pod, "a hook before it failed, and its onError is Fail");
      return;
    }
    pod.left = (pod.left ?? []).filter((one) => one.container !== group.container);
  }
}

/** What is left of a pod's hooks is not run: each is an error, as in Velero. */
export async function failRest(run: RestoreRun, pod: AwaitedPod, why: string): Promise<void> {
  const { namespace, name } = pod.owed.target;
  for (const hook of (pod.left ?? []).flatMap(({ hooks }) => hooks)) {
    const end = { failed: true, lines: [], why: `it was not run: ${why}` };
    await keep(run, { namespace, name }, hook, end);
  }
  pod.left = [];
}

async function runOne(
  run: RestoreRun,
  live: RestoredPod,
  hook: RestoreHook,
  startedMs: number,
  signal: AbortSignal,
): Promise<HookResultEnd> {
  const { clock, cluster: exec } = run.ports;
  const waitedMs = clock.monotonicMs() - startedMs;
  if (hook.waitTimeoutMs > 0 && waitedMs > hook.waitTimeoutMs) {
    const limit = Math.round(hook.waitTimeoutMs / 1000);
    const why = `it was not run: its turn came after its wait timeout of ${limit} s`;
    const late = { failed: true, lines: [], why };
    await keep(run, live, hook, late);
    return late;
  }
  await run.journal.noteHook({ hook: "begun", key: restoreHookKey(live, hook) });
  const { namespace, name: pod } = live;
  const { container, command, source, execTimeoutMs: timeoutMs } = hook;
  const request = { namespace, pod, container, command, timeoutMs };
  const fields = { pod: `${namespace}/${pod}`, hookSource: source, hookName: hook.name, command };
  const end = await runHookCommand(request, { exec, log: run.log }, fields, signal);
  await keep(run, live, hook, end);
  return end;
}

async function keep(
  run: RestoreRun,
  pod: Pick<RestoredPod, "namespace" | "name">,
  hook: RestoreHook,
  { failed, lines, exitCode, why }: HookResultEnd,
): Promise<void> {
  record(run, pod, hook, {
    failed,
    lines,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(why === undefined ? {} : { why }),
  });
  await run.journal.noteHook({
    hook: failed ? "failed" : "done",
    key: restoreHookKey(pod, hook),
    lines,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(why === undefined ? {} : { why }),
  });
}
