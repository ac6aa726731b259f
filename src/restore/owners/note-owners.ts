import type { OwnerReference } from "../../api/owner-reference.ts";
import type { TransformedItem } from "../../domain/restore/transform.ts";
import type { RestoreOutcome } from "../../format/restore-journal.ts";
import { standingOf } from "../apply/standing.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import type { TargetName } from "../report/tally.ts";
import type { RestoreRun } from "../restore-run.ts";

/** Remembers what owners are owed to an object that this run, or a process before, has written. */
export function noteOwners(
  run: Pick<RestoreRun, "owners">,
  resource: string,
  target: TargetName,
  outcome: Pick<RestoreOutcome, "uid" | "owners" | "ownersManager">,
): void {
  const { uid, owners = [], ownersManager: manager = "" } = outcome;
  if (uid === undefined || owners.length === 0) return;
  run.owners.add({ resource, target, uid, manager, owners });
}

/** Remembers under which name an object stands that a modifier or an action has renamed. */
export function noteRenamed(
  run: Pick<RestoreRun, "owners" | "plan">,
  outcome: RestoreOutcome,
): void {
  if (outcome.standsAs === undefined) return;
  run.owners.renamed.set(itemKey(outcome), standingOf(run, outcome));
}

/** What an outcome says of owners that are still to be given. */
export function owedOwners(
  owners: readonly OwnerReference[] = [],
  { ownersManager }: Pick<Extract<TransformedItem, { kind: "object" }>, "ownersManager">,
): Pick<RestoreOutcome, "owners" | "ownersManager"> {
  return owners.length === 0 ? {} : { owners, ownersManager };
}
