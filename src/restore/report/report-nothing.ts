import type { RestoreRun } from "../restore-run.ts";

/** At the end of a run that had nothing to do: says so, and why. */
export function reportNothing({ plan, tally, backup, log }: RestoreRun): void {
  const met = Object.values(tally.counts).reduce((sum, count) => sum + count, 0);
  if (met > 0) return;
  const why = (): string => {
    if (tally.unselected > 0) {
      const objects = tally.unselected === 1 ? "the 1 object" : `the ${tally.unselected} objects`;
      return `nothing matched: no label selector takes any of ${objects} that the other filters leave`;
    }
    if (plan.neverRestored.size > 0) {
      const kinds = [...plan.neverRestored].map(([resource, objects]) => `${objects} ${resource}`);
      return `what the filters take is never restored (${kinds.join(", ")})`;
    }
    if (plan.backupItems === 0) return `backup "${backup.name}" holds no objects`;
    return `the filters leave none of the ${plan.backupItems} objects of backup "${backup.name}"`;
  };
  log.find({
    severity: "warning",
    code: "ARK_NOTHING_SELECTED",
    message: `nothing to restore: ${why()}`,
  });
}
