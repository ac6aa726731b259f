import type { RunLog } from "../catalog/run-log.ts";
import type { BackupPlan } from "../domain/plan.ts";

/** What of the resource policies has not the effect it should have. */
export function reportPolicies({ policies }: BackupPlan, log: RunLog): void {
  for (const { severity, message } of policies?.findings ?? []) {
    log.find({
      severity,
      code: "ARK_POLICY_NO_EFFECT",
      message: `${message} (resource policies of ${policies?.where ?? ""})`,
    });
  }
}
