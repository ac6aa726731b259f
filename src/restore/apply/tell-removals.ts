import type { RunLog } from "../../catalog/run-log.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import type { Removal } from "./removals.ts";

/**
 * What was deleted, or is on its way out, with nothing made in its place: told, and written down so
 * that undoing makes it again; what prune was about to remove is told in a run that is cancelled. To
 * be called once, when all else has ended.
 */
export function tellRemovals(run: RestoreRun, isCancelled: boolean): void {
  const { removals, unanswered, effects, log, request } = run;
  for (const [place, removal] of removals) {
    const { resource, target, uid } = removal;
    const isUnanswered = unanswered.has(place);
    const perhaps = isUnanswered ? { unanswered: true } : {};
    effects.record(target, { action: "deleted", resource, uid, ...perhaps });
    tellRemoval(removal, { restore: request.name, isUnanswered, isCancelled }, log);
  }
}

/** `isUnanswered`: another may have been made in its place. */
export function tellRemoval(
  { resource, target, write }: Omit<Removal, "uid">,
  told: {
    readonly restore: string;
    readonly isUnanswered: boolean;
    readonly isCancelled: boolean;
  },
  log: Pick<RunLog, "find">,
): void {
  const { namespace, name } = target;
  if (write === "delete") {
    if (!told.isCancelled) return;
    log.find({
      severity: "error",
      code: "ARK_WRITE_UNANSWERED",
      message: `the restore was cancelled before the API server answered: whether ${describeTarget(target)} was removed is not known`,
      ...{ resource, namespace, name },
      advice: `to look, and to make it again where it was: ark-ts restore undo ${told.restore}`,
    });
    return;
  }
  const made = told.isUnanswered
    ? "whether another was made in its place is not known"
    : "nothing was made in its place";
  log.find({
    severity: "error",
    code: "ARK_OBJECT_NOT_REMADE",
    message: `${describeTarget(target)} was deleted, or is being deleted, and ${made}; what it was is kept`,
    ...{ resource, namespace, name },
    advice: `to make it again as it was: ark-ts restore undo ${told.restore}`,
  });
}
