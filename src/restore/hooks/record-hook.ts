import type { RestoreHook, RestoreHookPod } from "../../domain/hooks/restore-hook.ts";
import type { HookEnd } from "../../hooks/run-hook-command.ts";
import { describeCommand } from "../../hooks/run-hook-command.ts";
import type { RestoreRun } from "../restore-run.ts";

export type HookResultEnd = Omit<HookEnd, "mayHaveRun">;

/** Keeps what became of a command for the report; a failure is an error of the run. */
export function record(
  run: RestoreRun,
  { namespace, name: pod }: Pick<RestoreHookPod, "namespace" | "name">,
  { container, source, name, command }: RestoreHook,
  { failed, lines, exitCode, why }: HookResultEnd,
): void {
  run.hooks.results.push({
    namespace,
    pod,
    container,
    source,
    name,
    command,
    failed,
    lines,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(why === undefined ? {} : { why }),
  });
  if (why === undefined) return;
  const whose = source === "annotation" ? "annotation" : `"${name}" of the spec`;
  run.log.find({
    severity: "error",
    code: "ARK_HOOK_FAILED",
    message: `restore hook ${describeCommand(command)} (${whose}) of pod ${namespace}/${pod} failed: ${why}`,
    resource: "pods",
    namespace,
    name: pod,
  });
}
