import {
  type BackupStorageLocation,
  backupStorageLocationKind,
} from "../../api/backup-storage-location.ts";
import { resourceKindOf } from "../../api/custom-resource.ts";
import { kubeTime } from "../../api/kube-time.ts";
import { placeOfLocation } from "../../domain/sync/place-of-location.ts";
import type { KnownBackup } from "../../domain/sync/plan-sync.ts";
import { syncDueInMs } from "../../domain/sync/sync-due.ts";
import { toArkError } from "../../lib/errors.ts";
import { type Outcome, runController } from "../../runtime/controller.ts";
import type { Runnable } from "../../runtime/life.ts";
import { objectKey } from "../../runtime/object-key.ts";
import { createWorkQueue } from "../../runtime/work-queue.ts";
import { writeStatus } from "../../runtime/write-status.ts";
import type { ControllerContext } from "../controller-context.ts";
import { eventsOfSync } from "./sync-events.ts";
import { type SyncMemory, type SyncReport, syncLocation } from "./sync-location.ts";

const locationsAtOnce = 4;
/** How soon a location looks again whether the default one has had its first turn. */
const turnPauseMs = 2_000;

/** Of this term only; without it a look costs more, and Events are said again. */
interface Notes {
  /** By location: what earlier looks have found, in the place that it meant then. */
  readonly memories: Map<string, { readonly place: string; readonly seals: SyncMemory }>;
  /** By location: the Events as they were last said. */
  readonly said: Map<string, string>;
  /** Locations that have been looked at, with whatever outcome. */
  readonly tried: Set<string>;
}

/**
 * Makes the Backups of each location's bucket known to the cluster, and forgets those whose files
 * are gone; each location at its `backupSyncPeriod`, the default one first (contract: Velero 1.18.3,
 * velero-features 5.3; docs/compatibility.md says what differs).
 */
export function createBackupSyncController(context: ControllerContext): Runnable {
  const { caches, clock, log } = context;
  return {
    name: "backup-sync",
    async run(life, ready) {
      const queue = createWorkQueue(clock);
      const notes: Notes = { memories: new Map(), said: new Map(), tried: new Set() };
      caches.locations.onChange(({ key, after }) => {
        if (after !== undefined) return queue.add(key);
        notes.memories.delete(key);
        notes.said.delete(key);
      });
      ready();
      const reconcile = (key: string, signal: AbortSignal) =>
        lookAtLocation(context, notes, key, signal);
      const concurrency = locationsAtOnce;
      await runController({ name: "backup-sync", queue, reconcile, concurrency, log }, life);
    },
  };
}

async function lookAtLocation(
  context: ControllerContext,
  notes: Notes,
  key: string,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { caches, settings, clock, events } = context;
  const location = caches.locations.get(key);
  if (location === undefined) return undefined;
  const dueInMs = syncDueInMs(location, settings.backupSyncPeriodMs, clock.now());
  if (dueInMs === undefined) return undefined;
  if (dueInMs > 0) return { lookAgainAfterMs: dueInMs };
  if (mustWaitForDefault(context, notes, location)) return { lookAgainAfterMs: turnPauseMs };
  try {
    const report = await syncOne(context, notes, key, location, signal);
    tell(context, notes, key, location, report);
  } catch (thrown) {
    signal.throwIfAborted();
    const { message } = toArkError(thrown);
    events.record(location, { type: "Warning", reason: "BackupSyncFailed", message });
    throw thrown;
  } finally {
    notes.tried.add(key);
  }
  const lastSyncedTime = kubeTime(clock.now());
  await noteSynced(context, location, lastSyncedTime, signal);
  const synced = { spec: location.spec, status: { ...location.status, lastSyncedTime } };
  const lookAgainAfterMs = syncDueInMs(synced, settings.backupSyncPeriodMs, clock.now());
  return lookAgainAfterMs === undefined ? undefined : { lookAgainAfterMs };
}

/** Of backups with the same name in two locations, that of the default one is shown. */
function mustWaitForDefault(
  { caches, settings, clock }: ControllerContext,
  { tried }: Notes,
  location: BackupStorageLocation,
): boolean {
  if (location.spec.default === true) return false;
  for (const [key, other] of caches.locations.entries()) {
    const isFirst = other.spec.default === true && !tried.has(key);
    if (isFirst && syncDueInMs(other, settings.backupSyncPeriodMs, clock.now()) === 0) return true;
  }
  return false;
}

async function syncOne(
  { namespace, cluster, caches, stores, clock, term }: ControllerContext,
  { memories }: Notes,
  key: string,
  location: BackupStorageLocation,
  signal: AbortSignal,
): Promise<SyncReport> {
  const place = placeOfLocation(location.spec);
  let memory = memories.get(key);
  if (memory?.place !== place) memory = { place, seals: new Map() };
  memories.set(key, memory);
  const store = await stores.open(location, signal);
  const known = (): ReadonlyMap<string, KnownBackup> =>
    new Map([...caches.backups.entries()].map(([, backup]) => [backup.metadata.name, backup]));
  const scheduleUid = (name: string): string | undefined =>
    caches.schedules.get(objectKey({ namespace, name }))?.metadata.uid;
  const incoming = { namespace, location: location.metadata.name, now: clock.now(), scheduleUid };
  const { fence } = term;
  const ports = { store, cluster, clock, fence, incoming, place, known, memory: memory.seals };
  return await syncLocation(ports, signal);
}

function tell(
  { events, log }: ControllerContext,
  { said }: Notes,
  key: string,
  location: BackupStorageLocation,
  report: SyncReport,
): void {
  const { created, finished, removed } = report;
  if (created.length + finished.length + removed.length > 0) {
    const of = { location: location.metadata.name };
    log.write("info", "backups synced", { ...of, created, finished, removed });
  }
  const found = eventsOfSync(report, placeOfLocation(location.spec));
  const text = JSON.stringify(found);
  if (said.get(key) === text) return;
  said.set(key, text);
  for (const event of found) events.record(location, event);
}

async function noteSynced(
  { namespace, cluster, clock, term }: ControllerContext,
  { metadata }: BackupStorageLocation,
  lastSyncedTime: string,
  signal: AbortSignal,
): Promise<void> {
  const { name, uid = "" } = metadata;
  const target = { kind: resourceKindOf(backupStorageLocationKind), namespace, name, uid };
  const change = (status: object) => ({ ...status, lastSyncedTime });
  await writeStatus({ cluster, clock }, target, change, { signal, fence: term.fence });
}
