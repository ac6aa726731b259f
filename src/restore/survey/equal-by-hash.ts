import { hasChanges } from "../../domain/restore/changes.ts";
import type { IndexLine } from "../../format/index-line.ts";
import type { Assessor } from "../apply/assess-item.ts";
import { journalItem } from "../record/entries-with-intents.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import { targetOf } from "../restore-run.ts";
import type { LiveTable } from "./live-table.ts";

/** Kinds whose equality is not decided by the bytes less status. */
const needsStatus = ["persistentvolumes"];

/** An object whose normalised bytes are in the target already needs no look into the archive. */
export function isEqualByHash(run: Assessor, live: LiveTable, line: IndexLine): boolean {
  const { plan, request } = run;
  if (hasChanges(plan.changes)) return false;
  if (plan.selection.hasSelectors || needsStatus.includes(line.resource)) return false;
  if (request.stampLabels === true && request.spec.existingResourcePolicy === "update") {
    return false;
  }
  if (run.before.inDoubt.has(itemKey(journalItem(line)))) return false;
  const target = targetOf(plan, line);
  if (target.namespace !== (line.namespace ?? "")) return false;
  // They are asked about what is there already, too, as in Velero.
  const { finder } = run.actions ?? {};
  if (finder !== undefined && finder.find(line.resource, target.namespace).length > 0) return false;
  const known = live.stateOf(line.resource, target.namespace, target.name);
  return known.state === "present" && known.normalSha256 === line.normalSha256;
}
