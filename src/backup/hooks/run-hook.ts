import type { Finding } from "../../api/results.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import type { HookTracker } from "../../domain/hooks/hook-tracker.ts";
import { type HookPod, hookTarget, type PodHook } from "../../domain/hooks/pod-hook.ts";
import { describeCommand, runHookCommand } from "../../hooks/run-hook-command.ts";
import type { PodExec } from "../../ports/pod-exec.ts";

export interface HookContext {
  readonly exec: PodExec;
  readonly log: RunLog;
  readonly tracker: HookTracker;
}

export interface HookOutcome {
  readonly failed: boolean;
  /** False only where it is certain that the command did not begin. */
  readonly mayHaveRun: boolean;
  /** In a sentence, where it failed. */
  readonly why?: string;
}

/**
 * Runs one hook to its end and tells the run's log of it; a failure is an error of the run in
 * either mode, as Velero counts it. Cancelled, it is a failure that says so.
 */
export async function runHook(
  pod: HookPod,
  hook: PodHook,
  { exec, log, tracker }: HookContext,
  signal: AbortSignal,
): Promise<HookOutcome> {
  tracker.add(pod, hook);
  const outcome = await attempt(pod, hook, { exec, log }, signal);
  tracker.record(pod, hook, outcome.failed);
  if (outcome.why !== undefined) log.find(hookFinding(pod, hook, outcome.why));
  return outcome;
}

async function attempt(
  pod: HookPod,
  hook: PodHook,
  { exec, log }: Pick<HookContext, "exec" | "log">,
  signal: AbortSignal,
): Promise<HookOutcome> {
  const fields = fieldsOf(pod, hook);
  const target = hookTarget(pod, hook);
  if (target.state === "ended") {
    log.write("info", "a hook was left out", { ...fields, reason: target.reason });
    return { failed: false, mayHaveRun: false };
  }
  if (target.state === "invalid") return { failed: true, mayHaveRun: false, why: target.reason };
  const { namespace, name } = pod;
  const { command, timeoutMs } = hook;
  const { container } = target;
  const request = { namespace, pod: name, container, command, timeoutMs };
  return await runHookCommand(request, { exec, log }, fields, signal);
}

function hookFinding(pod: HookPod, hook: PodHook, why: string): Finding {
  const { namespace, name } = pod;
  const advice =
    hook.phase === "pre" && hook.onError === "Fail"
      ? "its onError is Fail: later hooks and volumes of the pod are left out; the pod's object is in the backup"
      : undefined;
  return {
    severity: "error",
    code: "ARK_HOOK_FAILED",
    message: `${hook.phase} hook ${describeHook(hook)} of pod ${namespace}/${name} failed: ${why}`,
    resource: "pods",
    namespace,
    name,
    ...(advice === undefined ? {} : { advice }),
  };
}

/** Its command, and where it stands. */
function describeHook({ source, name, command }: PodHook): string {
  const text = describeCommand(command);
  return source === "annotation" ? `${text} (annotation)` : `${text} ("${name}" of the spec)`;
}

function fieldsOf(pod: HookPod, hook: PodHook): Readonly<Record<string, unknown>> {
  const { phase, source, name, command } = hook;
  return {
    pod: `${pod.namespace}/${pod.name}`,
    hookPhase: phase,
    hookSource: source,
    ...(name === "" ? {} : { hookName: name }),
    command,
  };
}
