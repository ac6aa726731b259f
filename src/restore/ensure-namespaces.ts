import { mapConcurrently } from "../lib/concurrency.ts";
import type { JsonObject } from "../lib/json-text.ts";
import { openNamespace } from "./namespace-gate.ts";
import { readObject } from "./read-object.ts";
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
  const action = { made: "created", there: "skipped", blocked: "failed" } as const;
  run.tally.record(
    { version: "v1", kind: "Namespace", namespace: "", name: target },
    action[outcome],
  );
  run.log.write("info", `namespace ${outcome}`, { namespace: target });
  run.progress.step();
}

async function readNamespaces(
  run: RestoreRun,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, JsonObject>> {
  const sources = new Set(run.plan.namespaces.values());
  const objects = new Map<string, JsonObject>();
  const entries = run.backup.entries(
    (line) => line.resource === "namespaces" && sources.has(line.name),
    signal,
    (damaged, error) =>
      run.log.find({
        severity: "error",
        code: error.code,
        message: error.message,
        resource: "namespaces",
        name: damaged.name,
      }),
  );
  for await (const { line, bytes } of entries) {
    objects.set(line.name, readObject(bytes, `Namespace "${line.name}" of the backup`));
  }
  return objects;
}
