import type { RestoreHook, RestoreHookPod } from "../../domain/hooks/restore-hook.ts";
import { describeCommand } from "../../hooks/run-hook-command.ts";
import type { RestoreRun } from "../restore-run.ts";
import { record } from "./record-hook.ts";

/**
 * Whether a process of this run that died had ended the command; then it is told as it was. One
 * that had only begun is run again, for nobody knows whether it did its work: that is said.
 */
export function endedBefore(
  run: RestoreRun,
  pod: Pick<RestoreHookPod, "namespace" | "name">,
  hook: RestoreHook,
  key: string,
): boolean {
  const known = run.before.hooks.get(key);
  if (known === undefined) return false;
  if (known.hook !== "begun") {
    const { why, exitCode, lines = [] } = known;
    record(run, pod, hook, {
      failed: known.hook === "failed",
      lines,
      ...(why === undefined ? {} : { why }),
      ...(exitCode === undefined ? {} : { exitCode }),
    });
    return true;
  }
  run.log.find({
    severity: "warning",
    code: "ARK_HOOK_FAILED",
    message: `restore hook ${describeCommand(hook.command)} of pod ${pod.namespace}/${pod.name} was begun by a process that died: it runs again`,
    resource: "pods",
    namespace: pod.namespace,
    name: pod.name,
  });
  return false;
}
