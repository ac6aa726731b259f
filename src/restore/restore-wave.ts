import { restoreWaves, waveOf } from "../domain/waves.ts";
import type { IndexLine } from "../format/index-line.ts";
import { forEachConcurrently } from "../lib/for-each-concurrently.ts";
import { awaitDefinitions } from "./await-definitions.ts";
import { ensureNamespaces } from "./ensure-namespaces.ts";
import { entriesWithIntents, journalItem } from "./entries-with-intents.ts";
import { itemKey } from "./interrupted-restore.ts";
import { type LiveTable, readLiveObjects } from "./live-table.ts";
import { objectKey } from "./object-key.ts";
import { isPlanned, type PlannedKind } from "./plan-restore.ts";
import { restoreItem } from "./restore-item.ts";
import { type RestoreRun, targetOf } from "./restore-run.ts";
import { failFinally, isTransient, keepForLater } from "./settle-failure.ts";

/** Waves are barriers: one ends before the next begins. */
export async function restoreInWaves(run: RestoreRun, signal: AbortSignal): Promise<void> {
  for (const [at, wave] of restoreWaves.entries()) {
    signal.throwIfAborted();
    const planned = [...run.plan.kinds.values()].filter((kind) => waveOf(kind.resource) === at);
    const kinds = planned.filter((kind) => !isSettledKind(run, kind));
    const isNamespaces = wave.resources.includes("namespaces");
    if (planned.length === 0 && !isNamespaces) continue;
    run.progress.enter(wave.name);
    if (isNamespaces) await ensureNamespaces(run, signal);
    else if (kinds.length > 0)
      await restoreKinds(run, kinds, (line) => isPlanned(run.plan, line), signal);
    await awaitDefinitions(run, signal);
  }
}

/** Processes of this run that died have settled all of the kind: nothing of it is read again. */
function isSettledKind({ before }: RestoreRun, kind: PlannedKind): boolean {
  const settled = before.settledPerKind.get(kind.resource) ?? 0;
  const planned = [...kind.perNamespace.values()].reduce((sum, count) => sum + count, 0);
  return settled >= planned;
}

/**
 * Goes over what failed again: something that it needed may have come since. The first pass takes
 * all, later ones only what may still change. What is left counts as failed.
 */
export async function retryFailures(run: RestoreRun, signal: AbortSignal): Promise<void> {
  for (const [pass, pauseMs] of run.limits.retryPausesMs.entries()) {
    const taken = run.failures.splice(0);
    const again = taken.filter((item) => pass === 0 || isTransient(item));
    for (const item of taken) if (!again.includes(item)) failFinally(run, item);
    if (again.length === 0) return;
    run.progress.enter(`later pass ${pass + 1}`);
    if (pauseMs > 0) await run.ports.clock.sleep(pauseMs, signal);
    if (again.some(({ error }) => error.code === "ARK_KIND_NOT_SERVED")) {
      await run.target.refresh(signal);
    }
    const keys = new Set(again.map(({ line }) => keyOf(line)));
    const resources = new Set(again.map(({ line }) => line.resource));
    for (const at of restoreWaves.keys()) {
      const kinds = [...resources].filter((resource) => waveOf(resource) === at);
      if (kinds.length === 0) continue;
      await restoreKinds(
        run,
        [],
        (line) => kinds.includes(line.resource) && keys.has(keyOf(line)),
        signal,
      );
      await awaitDefinitions(run, signal);
    }
  }
  for (const item of run.failures.splice(0)) failFinally(run, item);
}

/** `kinds` are those whose live objects are worth a LIST. */
async function restoreKinds(
  run: RestoreRun,
  kinds: readonly PlannedKind[],
  wanted: (line: IndexLine) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const live = await readLiveObjects(kinds, run, signal);
  const resources = new Set(kinds.map((kind) => kind.resource));
  const isWanted = (line: IndexLine): boolean => {
    if (kinds.length > 0 && !resources.has(line.resource)) return false;
    if (!wanted(line) || run.before.outcomes.has(itemKey(journalItem(line)))) return false;
    return !isSettledByHash(run, live, line);
  };
  const isNew = (line: IndexLine): boolean => {
    const { namespace, name } = targetOf(run.plan, line);
    return live.stateOf(line.resource, namespace, name).state === "absent";
  };
  const entries = run.backup.entries(isWanted, signal, (damaged, error) => {
    const kind = run.plan.kinds.get(damaged.resource);
    const line = { ...noLine, ...damaged, version: kind?.version ?? "", kind: kind?.kind ?? "" };
    keepForLater(run, line, error, signal);
  });
  await forEachConcurrently(
    entriesWithIntents(entries, isNew, run.journal),
    run.limits.writers,
    (entry) => restoreItem(entry, run, live, signal),
    signal,
  );
}

const noLine: Omit<IndexLine, "resource" | "name"> = {
  version: "",
  kind: "",
  uid: "",
  resourceVersion: "",
  sha256: "",
  normalSha256: "",
  at: [0, 0, 0, 0],
};

function keyOf(line: IndexLine): string {
  return objectKey(line.resource, line.namespace ?? "", line.name);
}

/** Kinds whose equality is not decided by the bytes less status. */
const needsStatus = ["persistentvolumes"];

/** An object whose normalised bytes are in the target already needs no look into the archive. */
function isSettledByHash(run: RestoreRun, live: LiveTable, line: IndexLine): boolean {
  const { plan, request } = run;
  if (plan.selection.hasSelectors || needsStatus.includes(line.resource)) return false;
  if (request.stampLabels === true && request.spec.existingResourcePolicy === "update")
    return false;
  if (run.before.inDoubt.has(itemKey(journalItem(line)))) return false;
  const target = targetOf(plan, line);
  if (target.namespace !== (line.namespace ?? "")) return false;
  const known = live.stateOf(line.resource, target.namespace, target.name);
  if (known.state !== "present" || known.normalSha256 !== line.normalSha256) return false;
  run.tally.record(target, "skipped");
  run.progress.step();
  return true;
}
