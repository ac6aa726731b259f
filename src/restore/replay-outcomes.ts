import type { RestoreOutcome } from "../format/restore-journal.ts";
import { type RestoreRun, targetOf } from "./restore-run.ts";

const definitions = "customresourcedefinitions.apiextensions.k8s.io";

/** Counts and tells what processes of this run did that died, as if this one had done it. */
export function replayOutcomes(run: RestoreRun): void {
  for (const outcome of run.before.outcomes.values()) {
    const { action, name } = outcome;
    count(run, outcome);
    // Whether it has come to be established, nobody has seen.
    if (outcome.resource === definitions && action === "created") run.definitions.add(name);
    for (const finding of outcome.findings ?? []) run.log.find(finding);
  }
}

function count(run: RestoreRun, outcome: RestoreOutcome): void {
  const { resource, version, kind, namespace, name, action, ownersDropped } = outcome;
  if (action === "unselected") {
    run.tally.unselected += 1;
    return;
  }
  if (ownersDropped === true) run.tally.ownersDropped += 1;
  // Namespaces stand in the journal by their names in the target.
  const target =
    resource === "namespaces"
      ? { version, kind, namespace: "", name }
      : targetOf(run.plan, { resource, version, kind, namespace, name });
  run.tally.record(target, action);
}

/** How many objects processes of this run are known to have written. */
export function countWritten({ before }: Pick<RestoreRun, "before">): number {
  let count = 0;
  for (const { action } of before.outcomes.values()) {
    if (action === "created" || action === "updated") count += 1;
  }
  return count;
}
