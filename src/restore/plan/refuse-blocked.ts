import type { PlannedItem } from "../../domain/restore/planned-item.ts";
import type { TargetFinding } from "../../domain/restore/target-findings/finding.ts";
import { ArkError } from "../../lib/errors.ts";
import { describeTarget } from "../restore-run.ts";
import type { Planner } from "./assess-all.ts";
import { examineRestore } from "./examine-restore.ts";

/** Problems that the refusal names. */
const named = 10;

/**
 * Of a strict restore: refuses before the first write where an object would fail, or would not
 * become what the request says; of one that goes on, what is left of it. Errors:
 * ARK_RESTORE_BLOCKED, those of a plan.
 */
export async function refuseBlocked(run: Planner, signal: AbortSignal): Promise<void> {
  const problems: string[] = [];
  let count = 0;
  const tell = (problem: string): void => {
    count += 1;
    if (problems.length < named) problems.push(problem);
  };
  await examineRestore(
    run,
    {
      dryRun: "server",
      onItem(item) {
        for (const problem of item.unmodified ?? []) tell(`${placeOf(item)}: ${problem}`);
        // One that a finding explains is told by it.
        if (item.blocked === true && !(item.findings ?? []).length) {
          tell(`${placeOf(item)}: ${item.reason}`);
        }
      },
      onFinding(finding) {
        if (finding.severity === "blocks") tell(textOf(finding));
      },
      onWave() {},
    },
    signal,
  );
  if (count === 0) return;
  const left = count - problems.length;
  const shown = problems.join("; ");
  const isBegun = run.before.planned !== undefined;
  throw new ArkError(
    "ARK_RESTORE_BLOCKED",
    `with --strict nothing ${isBegun ? "more " : ""}was restored: not all could be`,
    {
      answer: left > 0 ? `${shown}; and ${left} more` : shown,
      advice: isBegun
        ? "mend what stands in the way, or leave out --strict, and the rest is restored"
        : "all of it: ark-ts restore plan --details with the same flags; without --strict the rest is restored",
    },
  );
}

function placeOf(item: PlannedItem): string {
  return describeTarget({ ...item, namespace: item.namespace ?? "" });
}

function textOf({ kind, namespace = "", name, message }: TargetFinding): string {
  if (kind === undefined || name === undefined) return message;
  return `${describeTarget({ version: "", kind, namespace, name })}: ${message}`;
}
