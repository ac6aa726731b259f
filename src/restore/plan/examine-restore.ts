import { restoreOptions } from "../../domain/restore/restore-options.ts";
import { objectKey } from "../apply/object-key.ts";
import { findStrangers, reasonToPrune } from "../prune/find-strangers.ts";
import { assessAll, type Planner } from "./assess-all.ts";
import { createItemChecks, type ItemChecks } from "./check-item.ts";
import { examineItems } from "./examine-items.ts";
import type { Examining } from "./examine-state.ts";
import { planNamespaces } from "./plan-namespaces.ts";
import { surveyTarget } from "./survey-target.ts";

export interface Examination
  extends Pick<Examining, "onItem" | "onFinding" | "onWave" | "onDesired"> {
  readonly dryRun: "server" | "none";
  /** Given before the first object. */
  readonly onChecks?: (checks: Pick<ItemChecks, "asked">) => void;
}

/**
 * Goes over a restore as its run would and says of every object what would be done with it, and
 * what stands in its way. Writes nothing. Errors: what ends a run; those of the reads of the backup.
 */
export async function examineRestore(
  run: Planner,
  { dryRun, onChecks, ...tell }: Examination,
  signal: AbortSignal,
): Promise<void> {
  const namespaces = await planNamespaces(run, signal);
  for (const { name, state } of namespaces.values()) {
    if (state === "absent" || state === "terminating") run.freshNamespaces.add(name);
  }
  const facts = await surveyTarget(run, namespaces, signal);
  const checks = createItemChecks({ run, facts, mode: dryRun }, signal);
  onChecks?.(checks);
  const restored = new Set<string>();
  const onItem: Examination["onItem"] = (item) => {
    restored.add(objectKey(item.resource, item.namespace ?? "", item.name));
    tell.onItem(item);
  };
  const visitor = examineItems({ run, facts, namespaces, checks, ...tell, onItem });
  await assessAll(run, visitor, signal);
  visitor.end();
  if (!restoreOptions(run.request).prune) return;
  for (const { resource, target, live, kept } of await findStrangers(run, restored, signal)) {
    const { namespace, ...names } = target;
    const place = namespace === "" ? names : { ...names, namespace };
    const action = kept === undefined ? "delete" : "keep";
    const reason = kept === undefined ? reasonToPrune : `${reasonToPrune}, and stays: ${kept}`;
    tell.onItem({ resource, ...place, action, reason, live });
  }
}
