import type { NameRecord } from "../../catalog/name-record.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { objectKey } from "../apply/object-key.ts";
import { removalOf, uidsInRemoval } from "../apply/removals.ts";
import { standingOf } from "../apply/standing.ts";
import { tellRemoval } from "../apply/tell-removals.ts";
import { volumesLeftBy } from "../natives/tell-left-volumes.ts";
import type { EffectList } from "../report/effect-list.ts";
import type { Tally } from "../report/tally.ts";
import { readInterruptedRestore } from "./interrupted-restore.ts";
import { readableFormers } from "./read-formers.ts";
import { standingOfOutcome } from "./replay-outcomes.ts";

/** What the record of a restore is made of. */
export interface ReplayedParts {
  readonly log: RunLog;
  readonly tally: Tally;
  readonly effects: EffectList;
}

/**
 * Tells `parts` what a run did that died and that nobody goes on with, so that its record says it
 * and undoing knows it. What was about to be written counts as perhaps written. Errors: those of the
 * store.
 */
export async function replayInterrupted(
  name: string,
  record: NameRecord,
  { log, tally, effects }: ReplayedParts,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<void> {
  const before = await readInterruptedRestore(store, record.runUid, signal);
  const plan = { selection: { mapNamespace: mappingOf(record) } };
  const settled = new Set<string>();
  for (const outcome of before.outcomes.values()) {
    for (const finding of outcome.findings ?? []) log.find(finding);
    if (outcome.action === "unselected") continue;
    const { resource, target } = standingOfOutcome({ plan }, outcome);
    tally.record(target, outcome.action);
    effects.record(target, { ...outcome, resource });
    settled.add(objectKey(resource, target.namespace, target.name));
  }
  const doubted = uidsInRemoval(before);
  for await (const former of readableFormers(store, name, signal)) {
    const isSettled = settled.has(objectKey(former.resource, former.namespace, former.name));
    // Where the journal cannot be read as a whole: all of which it does not tell the end.
    const isLost = before.unreadable.length > 0 && !isSettled;
    if (former.write === "patch" || !(doubted.has(former.uid) || isLost)) continue;
    const { resource, target, uid, write } = removalOf(former);
    effects.record(target, { action: "deleted", resource, uid, unanswered: true });
    tellRemoval(
      { resource, target, write },
      { restore: name, isUnanswered: true, isCancelled: true },
      log,
    );
  }
  for (const left of await volumesLeftBy(record.runUid, before, store, signal)) log.find(left);
  for (const { write, ...item } of before.inDoubt.values()) {
    if (write !== "create" && write !== "patch") continue;
    const { resource, target } = standingOf(
      { plan },
      { ...item, version: "", kind: item.resource },
    );
    effects.record(target, {
      action: write === "create" ? "created" : "updated",
      resource,
      unanswered: true,
    });
  }
}

function mappingOf({ spec }: NameRecord): (namespace: string) => string {
  const { namespaceMapping } = spec as {
    readonly namespaceMapping?: Readonly<Record<string, string>>;
  };
  return (namespace) => namespaceMapping?.[namespace] ?? namespace;
}
