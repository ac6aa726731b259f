import { endsTheRun, mayPassLater } from "../../domain/restore/retry.ts";
import type { IndexLine } from "../../format/index-line.ts";
import { type ArkError, toArkError } from "../../lib/errors.ts";
import { ApiError } from "../../ports/cluster.ts";
import { describeTarget, type FailedItem, type RestoreRun, targetOf } from "../restore-run.ts";
import { refusalSentence } from "./add-clause.ts";

/**
 * Keeps a failed object for a later pass, or counts it as failed. Rethrows what ends the run; in a
 * run that is cancelled only what became of a write counts.
 */
export function keepForLater(
  run: RestoreRun,
  line: IndexLine,
  thrown: unknown,
  signal: AbortSignal,
): void {
  const error = toArkError(thrown);
  const isBlocked = run.blockedNamespaces.get(targetOf(run.plan, line).namespace) === error;
  if (isBlocked || !isOutcome(error)) signal.throwIfAborted();
  if (endsTheRun(error.code)) throw error;
  if (!isBlocked && run.failures.length < run.limits.retryItems) run.failures.push({ line, error });
  else failFinally(run, { line, error });
}

function isOutcome(error: ArkError): boolean {
  if (error instanceof ApiError) return error.api.status > 0;
  return error.code === "ARK_WRITE_UNANSWERED" || error.code === "ARK_OBJECT_NOT_REMADE";
}

export function isTransient({ error }: FailedItem): boolean {
  const api = error instanceof ApiError ? error.api : undefined;
  return mayPassLater({
    code: error.code,
    status: api?.status,
    serverMessage: api?.serverMessage ?? "",
  });
}

/** The object counts as failed; its namespace's own failure is told once, not per object. */
export function failFinally(run: RestoreRun, { line, error }: FailedItem): void {
  const target = targetOf(run.plan, line);
  run.tally.record(target, "failed");
  run.progress.step();
  if (run.blockedNamespaces.get(target.namespace) === error) return;
  // Told with all that was deleted: see tell-removals.ts.
  if (error.code === "ARK_OBJECT_NOT_REMADE") return;
  const { said, short } = refusalSentence(error);
  if (short !== said) {
    const { version: _, ...names } = target;
    run.log.write("info", "what the API server said, whole", { ...names, said });
  }
  run.log.find({
    severity: "error",
    code: error.code,
    message: `${describeTarget(target)} could not be restored: ${short}`,
    resource: line.resource,
    namespace: target.namespace,
    name: target.name,
    ...(error.advice === undefined ? {} : { advice: error.advice }),
  });
}
