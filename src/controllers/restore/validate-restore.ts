import { labels } from "../../api/labels.ts";
import type { RestoreSpec } from "../../api/restore.ts";
import { completeSpec } from "../../domain/restore/complete-spec.ts";
import { sourceProblems, specProblems } from "../../domain/restore/restore-violations.ts";
import { toArkError } from "../../lib/errors.ts";
import { formatGoDuration } from "../../lib/go-duration.ts";
import { loadChanges } from "../../restore/changes/load-changes.ts";
import type { ControllerContext, LiveRestore } from "../controller-context.ts";
import { findSource } from "./find-source.ts";
import { requestOf } from "./request-of.ts";

export interface Validation {
  /** All that keeps the Restore from beginning; empty: nothing. */
  readonly violations: readonly string[];
  /** As it stands from now on. */
  readonly spec: RestoreSpec;
}

/** As Velero (velero-features 4.1), but with all that is wrong at once. Errors: those of reading. */
export async function validateRestore(
  restore: LiveRestore,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<Validation> {
  const source = await findSource(restore, context, signal);
  const violations = [
    ...specProblems(restore),
    ...("problem" in source ? [source.problem] : sourceProblems(source)),
    ...(await configProblems(restore, context, signal)),
  ];
  const isRefused = violations.length > 0 || "problem" in source;
  const backup = isRefused ? undefined : source.backup.metadata;
  const spec = completeSpec(restore.spec, {
    backupName: backup?.name,
    scheduleName: backup?.labels?.[labels.scheduleName],
    itemOperationTimeout: formatGoDuration(context.settings.defaultItemOperationTimeoutMs),
  });
  return { violations, spec };
}

/** ConfigMaps that the Restore names are read as the run will read them. */
async function configProblems(
  restore: LiveRestore,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    await loadChanges(requestOf(restore, context), context.cluster, signal);
    return [];
  } catch (thrown) {
    const { code, message } = toArkError(thrown);
    if (code === "ARK_USAGE" || /^ARK_(?:MODIFIER|POLICY)_/.test(code)) return [message];
    throw thrown;
  }
}
