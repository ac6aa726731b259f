import { backupKind } from "../../api/backup.ts";
import { resourceKindOf } from "../../api/custom-resource.ts";
import { listBackupFolders } from "../../catalog/read-seal.ts";
import { type KnownBackup, planSync, type SyncPlan } from "../../domain/sync/plan-sync.ts";
import { backupKeys, isResourceName } from "../../format/keys.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { hasCode } from "../../lib/errors.ts";
import type { Cluster } from "../../ports/cluster.ts";
import { type RefreshTarget, refreshBackup } from "./refresh-backup.ts";
import { markBackup, type TakenIn, takeInBackup } from "./take-in-backup.ts";

/**
 * What earlier looks found out about names that did not become Backups, so that a look costs a HEAD
 * as long as their seals stay as they are. Kept by the caller, for one place.
 */
export type SyncMemory = Map<string, Looked>;

interface Looked {
  readonly found: TakenIn;
  /** The seal, as it stood before it was read; undefined: not asked yet. */
  readonly sizeBytes: number | undefined;
  readonly modifiedMs: number | undefined;
}

export interface SyncReport {
  readonly listed: number;
  readonly created: readonly string[];
  /** Finished by their own cluster since they were taken in. */
  readonly finished: readonly string[];
  readonly removed: readonly string[];
  readonly taken: SyncPlan["taken"];
  readonly elsewhere: readonly KnownBackup[];
  /** By name, with the reason. */
  readonly refused: readonly { readonly name: string; readonly problem: string }[];
}

export interface SyncPorts extends RefreshTarget {
  readonly cluster: Pick<Cluster, "get" | "create" | "patch" | "remove">;
  /** Backups of the namespace by name, as they are when the bucket has been listed. */
  readonly known: () => ReadonlyMap<string, KnownBackup>;
  readonly memory: SyncMemory;
}

const inFlight = 4;

/**
 * One look at a location: what only the bucket has becomes known, what only the cluster has is
 * forgotten. Errors: those of a store that cannot be listed or read, and nothing is removed then;
 * what is wrong with one backup is in the report.
 */
export async function syncLocation(ports: SyncPorts, signal: AbortSignal): Promise<SyncReport> {
  const { store, memory, incoming, place } = ports;
  const listed = await listBackupFolders(store, signal);
  const plan = planSync(listed, ports.known(), { location: incoming.location, place });
  for (const name of [...memory.keys()]) if (!listed.has(name)) memory.delete(name);
  const created: string[] = [];
  const finished: string[] = [];
  const refused: { readonly name: string; readonly problem: string }[] = [];
  const note = (name: string, { outcome, ...more }: TakenIn): void => {
    if (outcome === "created") created.push(name);
    if (outcome === "finished") finished.push(name);
    if ("problem" in more) refused.push({ name, problem: more.problem });
  };
  await mapConcurrently(plan.unknown, inFlight, async (name) => {
    note(name, await look(ports, name, (n) => takeInBackup(ports, n, signal), signal));
  });
  const moved = plan.elsewhere.filter(({ metadata }) => listed.has(metadata.name));
  await mapConcurrently([...plan.unmarked, ...moved], inFlight, async (backup) => {
    const { name } = backup.metadata;
    note(name, await look(ports, name, () => markBackup(ports, backup, signal), signal));
  });
  await mapConcurrently(plan.unfinished, inFlight, async (backup) => {
    const { name } = backup.metadata;
    note(name, await look(ports, name, () => refreshBackup(ports, backup, signal), signal));
  });
  const removed = await forget(ports, plan.gone, signal);
  const elsewhere = plan.elsewhere.filter(({ metadata }) => !listed.has(metadata.name));
  refused.sort((a, b) => (a.name < b.name ? -1 : 1));
  const { taken } = plan;
  return { listed: listed.size, created, finished, removed, taken, elsewhere, refused };
}

/** Asks again only where the seal has changed since the last look, or its time has come. */
async function look(
  { store, memory, incoming }: SyncPorts,
  name: string,
  ask: (name: string) => Promise<TakenIn>,
  signal: AbortSignal,
): Promise<TakenIn> {
  const before = memory.get(name);
  const isName = isResourceName(name);
  const head =
    before === undefined || !isName
      ? undefined
      : await store.head(backupKeys(name).seal, { signal });
  const { sizeBytes, modifiedAt } = head ?? {};
  const modifiedMs = modifiedAt?.getTime();
  const isSame =
    head !== undefined && before?.sizeBytes === sizeBytes && before?.modifiedMs === modifiedMs;
  if (before !== undefined && (isSame || !isName) && !isDue(before.found, incoming.now)) {
    return before.found;
  }
  const found = await ask(name);
  if (found.outcome === "wait" || found.outcome === "refused") {
    memory.set(name, { found, sizeBytes, modifiedMs });
  } else {
    memory.delete(name);
  }
  return found;
}

function isDue(found: TakenIn, now: Date): boolean {
  return found.outcome === "wait" && found.until !== undefined && found.until <= now;
}

async function forget(
  { cluster, incoming }: SyncPorts,
  gone: readonly KnownBackup[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const kind = resourceKindOf(backupKind);
  const removed = await mapConcurrently(gone, inFlight, async ({ metadata }) => {
    const { name, uid, resourceVersion } = metadata;
    if (uid === undefined || resourceVersion === undefined) return [];
    const ref = { kind, namespace: incoming.namespace, name };
    try {
      return (await cluster.remove(ref, { signal, uid, resourceVersion })) ? [name] : [];
    } catch (thrown) {
      // It has changed since: the next look decides.
      if (hasCode(thrown, "ARK_API_CONFLICT")) return [];
      throw thrown;
    }
  });
  return removed.flat();
}
