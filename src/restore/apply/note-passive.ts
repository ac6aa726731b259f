import type { RestoreOutcome } from "../../format/restore-journal.ts";
import type { RestoreRun } from "../restore-run.ts";
import { standingOf } from "./standing.ts";

/** Remembers what was created passive, so that an activation finds it and nothing else. */
export function notePassive(
  { plan, tally }: RestoreRun,
  outcome: Omit<RestoreOutcome, "action">,
): void {
  const { uid, passive } = outcome;
  if (passive !== true || uid === undefined) return;
  const { resource, target } = standingOf({ plan }, outcome);
  const { version, namespace, name } = target;
  tally.passive.push({ resource, version, namespace, name, uid });
}
