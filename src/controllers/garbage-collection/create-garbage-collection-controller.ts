import { backupPhases } from "../../api/backup-phases.ts";
import { isTerminal } from "../../api/phase-table.ts";
import { collectOthersKey } from "../../domain/retention/decide-expiry.ts";
import { type Outcome, runController } from "../../runtime/controller.ts";
import type { Runnable } from "../../runtime/life.ts";
import { objectKey } from "../../runtime/object-key.ts";
import { createWorkQueue } from "../../runtime/work-queue.ts";
import type { ControllerContext } from "../controller-context.ts";
import { isCopied } from "../resource-copies/read-copies.ts";
import { collectExpired, type ExpiryPorts } from "./collect-expired.ts";
import { collectTraces } from "./collect-traces.ts";

/** Backups looked at together: each asks its bucket once it has expired. */
const backupsAtOnce = 4;

/**
 * Asks for the deletion of Backups that have expired, each when it is seen first and at
 * `garbageCollectionFrequencyMs` (contract: Velero 1.18.3, velero-features 5.2; what stays, and
 * why, docs/compatibility.md), and removes from the buckets what dead runs have left.
 */
export function createGarbageCollectionController(context: ControllerContext): Runnable {
  const { caches, clock, log } = context;
  return {
    name: "garbage-collection",
    async run(life, ready) {
      const [backups, locations] = [createWorkQueue(clock), createWorkQueue(clock)];
      caches.backups.onChange(({ key, before, after }) => {
        if (after === undefined) return;
        const isNews =
          before?.status?.phase !== after.status?.phase ||
          before?.status?.expiration !== after.status?.expiration;
        if (isNews) backups.add(key);
      });
      caches.locations.onChange(({ key, before, after }) => {
        if (after !== undefined && before === undefined) locations.add(key);
        const isNews =
          before?.status?.phase !== after?.status?.phase ||
          before?.spec.accessMode !== after?.spec.accessMode;
        if (!isNews) return;
        for (const [backup, { spec, metadata }] of caches.backups.entries()) {
          const { namespace = "" } = metadata;
          const at = objectKey({ namespace, name: spec.storageLocation ?? "" });
          if (at === key) backups.add(backup);
        }
      });
      ready();
      const ports = await withIdentity(context, life.abort);
      const before = new Map<string, Map<string, string>>();
      await Promise.all([
        runController(
          {
            name: "garbage-collection",
            queue: backups,
            reconcile: (key, signal) => collectExpired(ports, key, signal),
            concurrency: backupsAtOnce,
            log,
          },
          life,
        ),
        runController(
          {
            name: "trace-collection",
            queue: locations,
            reconcile: (key, signal) => collectIn(ports, before, key, signal),
            log,
          },
          life,
        ),
      ]);
    },
  };
}

async function withIdentity(context: ControllerContext, signal: AbortSignal): Promise<ExpiryPorts> {
  const { cluster, owner, namespace } = context;
  const clusterId = owner.term?.clusterId ?? (await cluster.identity({ signal })).id;
  const isScheduleCopied = (name: string, asked: AbortSignal): Promise<boolean> =>
    isCopied({ cluster, namespace }, "Schedule", name, asked);
  return { ...context, clusterId, ownBackups: new Map(), isScheduleCopied };
}

async function collectIn(
  { caches, stores, clock, settings, liveness, log, clusterId, events }: ExpiryPorts,
  memories: Map<string, Map<string, string>>,
  key: string,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const location = caches.locations.get(key);
  if (location === undefined) {
    memories.delete(key);
    return undefined;
  }
  const again = { lookAgainAfterMs: settings.garbageCollectionFrequencyMs };
  const { spec, status, metadata } = location;
  if (status?.phase !== "Available" || spec.accessMode === "ReadOnly") return again;
  const before = memories.get(key) ?? new Map<string, string>();
  memories.set(key, before);
  const namespace = metadata.namespace ?? "";
  const isUnfinished = (name: string): boolean => {
    const backup = caches.backups.get(objectKey({ namespace, name }));
    return backup !== undefined && !isTerminal(backupPhases, backup.status?.phase);
  };
  const takesOthers = spec.config?.[collectOthersKey] === "true";
  const ports = {
    store: await stores.open(location, signal),
    now: clock.now(),
    clusterId: takesOthers ? undefined : clusterId,
    liveness,
    isUnfinished,
    before,
  };
  const { names, runs } = await collectTraces(ports, signal);
  if (names.length + runs.length > 0) {
    const message = `removed what dead runs had left: ${[...names, ...runs.map((run) => `run ${run}`)].slice(0, 10).join(", ")}`;
    events.record(location, { type: "Normal", reason: "TracesCollected", message });
    log.write("info", "traces of dead runs removed", { location: metadata.name, names, runs });
  }
  return again;
}
