import type { BackupEntry } from "../catalog/opened-backup.ts";
import { restoreOptions } from "../domain/restore/restore-options.ts";
import { restoreWaves, waveOf } from "../domain/waves.ts";
import type { IndexLine } from "../format/index-line.ts";
import { forEachConcurrently, type WorkBounds } from "../lib/for-each-concurrently.ts";
import { objectKey } from "./apply/object-key.ts";
import { restoreItem } from "./apply/restore-item.ts";
import { failFinally, isTransient, keepForLater } from "./apply/settle-failure.ts";
import { giveOwners } from "./owners/give-owners.ts";
import { isPlanned, type PlannedKind } from "./plan-restore.ts";
import { entriesWithIntents, journalItem } from "./record/entries-with-intents.ts";
import { itemKey } from "./record/interrupted-restore.ts";
import { type RestoreRun, targetOf } from "./restore-run.ts";
import { isEqualByHash } from "./survey/equal-by-hash.ts";
import { type LiveTable, readLiveObjects } from "./survey/live-table.ts";
import { apiServices, awaitApiServices } from "./waits/await-api-services.ts";
import { awaitDefinitions } from "./waits/await-definitions.ts";
import { ensureNamespaces } from "./waits/ensure-namespaces.ts";
import { pauseBeforeRetry } from "./waits/pause-before-retry.ts";

/** Waves are barriers: one ends before the next begins. */
export async function restoreInWaves(
  run: RestoreRun,
  isMeant: (wave: number) => boolean,
  signal: AbortSignal,
): Promise<void> {
  for (const [at, wave] of restoreWaves.entries()) {
    if (!isMeant(at)) continue;
    signal.throwIfAborted();
    const planned = [...run.plan.kinds.values()].filter((kind) => waveOf(kind.resource) === at);
    const kinds = planned.filter((kind) => !isSettledKind(run, kind));
    const isNamespaces = wave.resources.includes("namespaces");
    if (planned.length === 0 && !isNamespaces) continue;
    run.progress.enter(wave.name);
    if (isNamespaces) await ensureNamespaces(run, signal);
    else if (kinds.length > 0)
      await restoreKinds(run, kinds, (line) => isPlanned(run.plan, line), signal);
    if (wave.resources.includes("pods")) run.lookup.controllersMayStand = true;
    await awaitDefinitions(run, signal);
    if (wave.resources.includes(apiServices)) await awaitApiServices(run, signal);
    await giveOwners(run, at, signal);
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
    const many = again.length === 1 ? "1 object" : `${again.length} objects`;
    await pauseBeforeRetry(run, many, pauseMs, signal);
    if (again.some(({ error }) => notServed.has(error.code))) {
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
      await awaitApiServices(run, signal);
    }
  }
  for (const item of run.failures.splice(0)) failFinally(run, item);
}

const notServed: ReadonlySet<string> = new Set([
  "ARK_KIND_NOT_SERVED",
  "ARK_API_SERVICE_NOT_READY",
]);

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
    const key = itemKey(journalItem(line));
    if (!wanted(line) || run.before.outcomes.has(key)) return false;
    if (run.actions?.visits.isSettled(key) === true) return false;
    return !isSettledByHash(run, live, line);
  };
  const isNew = (line: IndexLine): boolean => {
    // What was deleted to be made anew stays so in the journal, however often a process dies.
    if (run.before.inDoubt.get(itemKey(journalItem(line)))?.write === "recreate") return false;
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
    boundsOfWork(run),
    (entry) => restoreItem(entry, run, live, signal),
    signal,
  );
}

/** What waits to be kept before it is changed waits in groups: the wider, the fewer. */
function boundsOfWork({ request, limits }: RestoreRun): WorkBounds<BackupEntry> {
  if (restoreOptions(request).policy === "none") return { limit: limits.writers };
  const weight = { of: ({ bytes }: BackupEntry) => bytes.length, max: maxChangingBytes };
  return { limit: limits.changers, weight };
}

/** Each stands in memory about three times more: as it is to be, as it is there, and as text. */
const maxChangingBytes = 4 * 1024 * 1024;

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

function isSettledByHash(run: RestoreRun, live: LiveTable, line: IndexLine): boolean {
  if (!isEqualByHash(run, live, line)) return false;
  run.actions?.visits.note(itemKey(journalItem(line)), true);
  run.tally.record(targetOf(run.plan, line), "skipped");
  run.progress.step();
  return true;
}
