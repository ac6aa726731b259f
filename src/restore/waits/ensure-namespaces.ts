import { mapConcurrently } from "../../lib/concurrency.ts";
import { type ArkError, toArkError } from "../../lib/errors.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { readBackedUp } from "../apply/read-backed-up.ts";
import { writtenForm } from "../apply/written-form.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import type { RestoreRun } from "../restore-run.ts";
import { namespaceDiffers, namespaceDrift } from "../survey/namespace-drift.ts";
import { labelsOf } from "../survey/survey-references.ts";
import { namespaceItem, openNamespace } from "./namespace-gate.ts";

/**
 * Makes the target namespaces, each from the backed-up Namespace where there is one. While labels
 * select, only Namespaces that they select are made here; others when the first object needs them.
 */
export async function ensureNamespaces(run: RestoreRun, signal: AbortSignal): Promise<void> {
  const { selection, namespaces } = run.plan;
  const backedUp = await readNamespaces(run, new Set(namespaces.values()), signal);
  for (const [target, source] of namespaces) {
    const object = backedUp.get(source);
    if (object !== undefined) run.namespaceObjects.set(target, object);
  }
  const isItem = (source: string): boolean =>
    backedUp.has(source) && selection.includes("namespaces", "", source);
  const targets = [...namespaces].filter(([, source]) => {
    if (!selection.hasSelectors) return true;
    if (!isItem(source)) return false;
    const labels = labelsOf(backedUp.get(source) ?? {});
    const selected = selection.includesLabels("namespaces", "", labels);
    if (!selected) run.tally.unselected += 1;
    return selected;
  });
  await mapConcurrently(targets, run.limits.writers, async ([target, source]) => {
    await ensureNamespace(run, target, signal, isItem(source));
  });
}

export interface NamespacePair {
  readonly target: string;
  /** In the backup. Undefined: its object has none there. */
  readonly source: string | undefined;
}

/**
 * For an object that goes into it. One into which only goes what an item action asks for is read
 * here, as nobody has.
 */
export async function openItsNamespace(
  run: RestoreRun,
  { target, source }: NamespacePair,
  signal: AbortSignal,
): Promise<void> {
  const isKnown = run.plan.namespaces.has(target) || run.namespaceOutcomes.has(target);
  if (!isKnown && source !== undefined && !run.namespaceObjects.has(target)) {
    const object = (await readNamespaces(run, new Set([source]), signal)).get(source);
    if (object !== undefined) run.namespaceObjects.set(target, object);
  }
  await ensureNamespace(run, target, signal);
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
  const named = { ...kind, namespace: "", name: target };
  run.tally.record(named, action[outcome]);
  if (outcome === "there") reportDrift(run, target);
  if (outcome === "made") {
    const raw = run.madeNamespaces.get(target);
    const made = raw === undefined ? {} : { uid: raw.uid, written: writtenForm(raw) };
    run.journal.settled({ ...item, ...kind, action: "created", ...made });
    run.effects.record(named, { resource: "namespaces", action: "created", ...made });
  }
  run.log.write("info", `namespace ${outcome}`, { namespace: target });
  run.progress.step();
}

function reportDrift(run: RestoreRun, target: string): void {
  const [backedUp, live] = [run.namespaceObjects.get(target), run.foundNamespaces.get(target)];
  if (backedUp === undefined || live === undefined) return;
  const fields = namespaceDrift(run, target, backedUp, live).map(({ path }) => path);
  if (fields.length > 0) run.log.find(namespaceDiffers(target, fields));
}

/** By their name in the backup, which `sources` has. What is damaged is told. */
export async function readNamespaces(
  run: Pick<RestoreRun, "backup" | "log">,
  sources: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, JsonObject>> {
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
