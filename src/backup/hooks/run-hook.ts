import type { Finding } from "../../api/results.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import type { HookTracker } from "../../domain/hooks/hook-tracker.ts";
import { type HookPod, hookTarget, type PodHook } from "../../domain/hooks/pod-hook.ts";
import { lastLines } from "../../lib/bounded-output.ts";
import { toArkError } from "../../lib/errors.ts";
import { ExecError, type ExecOutput, type PodExec } from "../../ports/pod-exec.ts";

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

const keptLines = 5;
const lineWidth = 200;

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
  log.write("info", "a hook begins", { ...fields, container, timeoutMs });
  try {
    const { exitCode, ...output } = await exec.exec(request, { signal });
    const told = { ...fields, container, exitCode, ...outputFields(output) };
    log.write("info", "a hook ended", told);
    if (exitCode === 0) return { failed: false, mayHaveRun: true };
    const why = `exit code ${exitCode} in container "${container}"${quotedEnd(output)}`;
    return { failed: true, mayHaveRun: true, why };
  } catch (thrown) {
    const error = toArkError(thrown);
    if (signal.aborted) {
      const why = `it was stopped by a cancel in container "${container}", and may go on there`;
      return { failed: true, mayHaveRun: true, why };
    }
    const { output, mayHaveRun } = thrown instanceof ExecError ? thrown : unknownEnd;
    const answer = error.answer === undefined ? "" : `: ${error.answer}`;
    const advice = error.advice === undefined ? "" : ` ${error.advice}`;
    const end = output === undefined ? "" : quotedEnd(output);
    return { failed: true, mayHaveRun, why: `${error.message}${answer}${end}.${advice}` };
  }
}

const unknownEnd: Pick<ExecError, "output" | "mayHaveRun"> = {
  output: undefined,
  mayHaveRun: true,
};

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
  const text = JSON.stringify(command.join(" "));
  const short = text.length > lineWidth ? `${text.slice(0, lineWidth)}…"` : text;
  return source === "annotation" ? `${short} (annotation)` : `${short} ("${name}" of the spec)`;
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

function outputFields({ stdout, stderr }: ExecOutput): Readonly<Record<string, unknown>> {
  const omittedBytes = stdout.omittedBytes + stderr.omittedBytes;
  const omittedLines = stdout.omittedLines + stderr.omittedLines;
  return {
    stdout: lastLines(stdout, keptLines, lineWidth),
    stderr: lastLines(stderr, keptLines, lineWidth),
    ...(omittedBytes > 0 ? { omittedBytes, omittedLines } : {}),
  };
}

/** The last lines it printed, of stderr where there are some. */
function quotedEnd({ stdout, stderr }: ExecOutput): string {
  const errors = lastLines(stderr, keptLines, lineWidth);
  const lines = errors.length > 0 ? errors : lastLines(stdout, keptLines, lineWidth);
  return lines.length === 0 ? ", without output" : `; its output ended: ${lines.join(" | ")}`;
}
