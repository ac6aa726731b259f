import { mapConcurrently } from "../lib/concurrency.ts";
import { type ArkError, toArkError } from "../lib/errors.ts";
import type { JsonObject } from "../lib/json-text.ts";
import { itemKey } from "./interrupted-restore.ts";
import { namespaceItem, openNamespace } from "./namespace-gate.ts";
import { readBackedUp } from "./read-backed-up.ts";
import type { RestoreRun } from "./restore-run.ts";
import { labelsOf } from "./survey-references.ts";

/**
 * Makes the target namespaces, each from the backed-up Namespace where there is one. While labels
 * select, only Namespaces that they select are made here; others when the first object needs them.
 */
export async function ensureNamespaces(run: RestoreRun, signal: AbortSignal): Promise<void> {
  const { selection, namespaces } = run.plan;
  const backedUp = await readNamespaces(run, signal);
  for (const [target, source] of namespaces) {
    const object = backedUp.get(source);
    if (object !== undefined) run.namespaceObjects.set(target, object);
  }
  const isItem = (source: string): boolean =>
    backedUp.has(source) && selection.includes("namespaces", "", source);
  const targets = [...namespaces].filter(([, source]) => {
    if (!selection.hasSelectors) return true;
    if (!isItem(source)) return false;
    const selected = selection.includesLabels(labelsOf(backedUp.get(source) ?? {}));
    if (!selected) run.tally.unselected += 1;
    return selected;
  });
  await mapConcurrently(targets, run.limits.writers, async ([target, source]) => {
    await ensureNamespace(run, target, signal, isItem(source));
  });
}

/** `isItem`: the Namespace itself was selected, so that it counts also when it is there. */
export async function ensureNamespace(
  run: RestoreRun,
  target: string,
  signal: AbortSignal,
  isItem = false,
): Promise<void> {
  signal.throwIfAborted();
  const first = !run.namespaceOutcomes.has(target);
  const outcome = await openNamespace(run, target, signal);
  if (!first || (outcome === "there" && !isItem)) return;
  const item = namespaceItem(target);
  // It counts already: see replay-outcomes.ts.
  if (run.before.outcomes.has(itemKey(item))) return;
  const action = { made: "created", there: "skipped", blocked: "failed" } as const;
  const kind = { version: "v1", kind: "Namespace" };
  run.tally.record({ ...kind, namespace: "", name: target }, action[outcome]);
  if (outcome === "made") run.journal.settled({ ...item, ...kind, action: "created" });
  run.log.write("info", `namespace ${outcome}`, { namespace: target });
  run.progress.step();
}

async function readNamespaces(
  run: RestoreRun,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, JsonObject>> {
  const sources = new Set(run.plan.namespaces.values());
  const objects = new Map<string, JsonObject>();
  const reportDamage = ({ name }: { readonly name: string }, { code, message }: ArkError): void =>
    run.log.find({ severity: "error", code, message, resource: "namespaces", name });
  const entries = run.backup.entries(
    (line) => line.resource === "namespaces" && sources.has(line.name),
    signal,
    reportDamage,
  );
  for await (const entry of entries) {
    try {
      objects.set(entry.line.name, readBackedUp(entry, run.backup.name));
    } catch (thrown) {
      reportDamage(entry.line, toArkError(thrown));
    }
  }
  return objects;
}
