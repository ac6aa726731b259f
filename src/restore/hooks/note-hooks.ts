import { restoreHooksOfPod, selects } from "../../domain/hooks/restore-hooks-of-pod.ts";
import type { RestoreOutcome } from "../../format/restore-journal.ts";
import type { ItemInWork } from "../apply/assess-item.ts";
import type { TargetName } from "../report/tally.ts";
import type { RestoreRun } from "../restore-run.ts";
import { readRestoredPod } from "./read-restored-pod.ts";

/** Remembers the entries of the spec that select a pod which is restored, or there already. */
export function noteSelecting(
  { resource, item }: ItemInWork,
  { request, hooks }: Pick<RestoreRun, "request" | "hooks">,
): void {
  const entries = request.spec.hooks?.resources ?? [];
  if (resource !== "pods" || entries.length === 0) return;
  const pod = readRestoredPod(item.desired);
  for (const entry of entries) if (selects(entry, pod)) hooks.selecting.add(entry);
}

/** Whether a pod that is created has commands to run; those whose container is missing count. */
export function hasHooks(
  { resource, item }: ItemInWork,
  { request }: Pick<RestoreRun, "request">,
): boolean {
  if (resource !== "pods") return false;
  const pod = readRestoredPod(item.desired);
  const { hooks, misplaced } = restoreHooksOfPod(pod, request.spec.hooks?.resources ?? []);
  return hooks.length + misplaced.length > 0;
}

/**
 * A typing error in a filter of `spec.hooks` must not look like commands that ran. Of a run that
 * goes on after a crash nobody knows which entries selected the pods made before.
 */
export function tellIdleHooks({ request, hooks, before, log }: RestoreRun): void {
  if (before.outcomes.size > 0) return;
  for (const entry of request.spec.hooks?.resources ?? []) {
    if (hooks.selecting.has(entry)) continue;
    log.find({
      severity: "warning",
      code: "ARK_HOOK_NO_EFFECT",
      message: `the hooks "${entry.name}" of the spec are for no pod of this restore: none of them runs`,
      advice:
        "look at their labelSelector and namespaces, which are those after mapping; pods that controllers make are not restored",
    });
  }
}

/** Remembers a pod that this run, or a process before, has created and that has commands to run. */
export function noteHooks(
  run: Pick<RestoreRun, "hooks">,
  target: TargetName,
  { hooks, uid }: Pick<RestoreOutcome, "hooks" | "uid">,
): void {
  if (hooks === true && uid !== undefined) run.hooks.owed.push({ target, uid });
}
