import type { RunLog } from "../../catalog/run-log.ts";
import { checkTerms, type TermProblem } from "../../domain/restore/check-terms.ts";
import type { RestoreSelection } from "../../domain/restore/selection.ts";
import { ArkError } from "../../lib/errors.ts";
import type { RestorePlan } from "../plan-restore.ts";
import type { RestoreRequest } from "../restore-request.ts";
import type { BackupSurvey } from "../survey/survey-backup.ts";

/**
 * Names the terms and mappings that cannot be meant, before the first write. Errors that a person
 * typed are thrown: ARK_KIND_UNKNOWN, ARK_NAMESPACE_MISSING. In a run that nobody typed they are
 * findings, and the answer is what must end it before it writes.
 */
export function reportTerms(
  { spec, typed }: RestoreRequest,
  { kinds, namespaces }: BackupSurvey,
  selection: RestoreSelection,
  log: RunLog,
): ArkError | undefined {
  const problems = checkTerms({ spec, selection, kinds, namespaces });
  const errors = problems.filter(({ severity }) => severity === "error");
  if (typed && errors.length > 0) throw asError(errors);
  for (const { stops: _, ...finding } of problems) log.find(finding);
  const stopping = errors.filter(({ stops }) => stops);
  return stopping.length === 0 ? undefined : asError(stopping);
}

function asError(problems: readonly TermProblem[]): ArkError {
  const advice = [...new Set(problems.map((problem) => problem.advice ?? ""))].join("; ");
  const message = problems.map((problem) => problem.message).join("; ");
  return new ArkError(problems[0]?.code ?? "ARK_USAGE", message, { advice });
}

/** Include terms whose kind the backup holds, but not in what is taken. */
export function reportEmptyTerms(plan: RestorePlan, { kinds }: BackupSurvey, log: RunLog): void {
  if (plan.totalItems === 0) return;
  for (const { term, selected } of plan.selection.includeTerms) {
    const isHeld = kinds.some(({ resource }) => selected.includes(resource));
    if (!isHeld || selected.includes("namespaces")) continue;
    if (selected.some((resource) => plan.kinds.has(resource))) continue;
    log.find({
      severity: "warning",
      code: "ARK_NOTHING_SELECTED",
      message: `the include term ${JSON.stringify(term)} selects nothing in the namespaces that are restored`,
      ...(plan.selection.allClusterScoped
        ? {}
        : { advice: "cluster-scoped kinds are taken with --include-cluster-resources" }),
    });
  }
}
