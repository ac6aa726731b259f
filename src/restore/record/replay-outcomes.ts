import type { RestoreOutcome } from "../../format/restore-journal.ts";
import { notePassive } from "../apply/note-passive.ts";
import { type Standing, standingOf } from "../apply/standing.ts";
import { noteHooks } from "../hooks/note-hooks.ts";
import { noteOwners, noteRenamed } from "../owners/note-owners.ts";
import type { NamesOfTarget, RestoreRun } from "../restore-run.ts";

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
  const { action } = outcome;
  if (action === "unselected") {
    run.tally.unselected += 1;
    return;
  }
  for (const title of outcome.changedBy ?? []) run.tally.changesUsed.add(title);
  const { resource, target } = standingOfOutcome(run, outcome);
  run.tally.record(target, action);
  notePassive(run, outcome);
  run.effects.record(target, { ...outcome, resource });
  noteOwners(run, resource, target, outcome);
  noteRenamed(run, outcome);
  noteHooks(run, target, outcome);
}

/** Namespaces and what was deleted stand in the journal by their names in the target. */
export function standingOfOutcome(
  run: { readonly plan: NamesOfTarget },
  outcome: RestoreOutcome,
): Standing {
  const { resource, version, kind, namespace, name, action } = outcome;
  if (action === "deleted" || resource === "namespaces")
    return { resource, target: { version, kind, namespace, name } };
  return standingOf(run, outcome);
}

/** How many objects processes of this run are known to have written. */
export function countWritten({ before }: Pick<RestoreRun, "before">): number {
  let count = 0;
  for (const { action } of before.outcomes.values()) {
    if (action !== "skipped" && action !== "unselected") count += 1;
  }
  return count;
}
