import {
  type BackupStorageLocation,
  backupStorageLocationKind,
} from "../../api/backup-storage-location.ts";
import { resourceKindOf } from "../../api/custom-resource.ts";
import { kubeTime } from "../../api/kube-time.ts";
import { markedDefault } from "../../domain/default-location.ts";
import { dueInMs } from "../../domain/validation-time.ts";
import { canonicalJson } from "../../lib/canonical-json.ts";
import type { JsonValue } from "../../lib/json-text.ts";
import { jsonBytes } from "../../lib/json-text.ts";
import { type Outcome, runController } from "../../runtime/controller.ts";
import type { Runnable } from "../../runtime/life.ts";
import { createWorkQueue } from "../../runtime/work-queue.ts";
import { writeStatus } from "../../runtime/write-status.ts";
import type { ControllerContext } from "../controller-context.ts";
import { checkLocation } from "./check-location.ts";

const kind = resourceKindOf(backupStorageLocationKind);

/** A location as it was last checked in this term; the cache may not have heard of it yet. */
interface Checked {
  readonly identity: string;
  readonly lastValidationTime: string;
}

/**
 * Checks each location when it appears or changes, when a leader begins, and at its frequency; writes
 * what it found. Keeps one default: of several the one that was created last, of none the one that
 * the server's flag names.
 */
export function createBackupStorageLocationController(context: ControllerContext): Runnable {
  const { caches, clock, log } = context;
  const queue = createWorkQueue(clock);
  const checked = new Map<string, Checked>();
  caches.locations.onChange(({ key, after }) => {
    if (after === undefined) checked.delete(key);
    else queue.add(key);
  });
  const reconcile = async (key: string, signal: AbortSignal): Promise<Outcome | undefined> => {
    const location = caches.locations.get(key);
    if (location === undefined) return undefined;
    await settleDefault(context, location, signal);
    const { storeValidationFrequencyMs } = context.settings;
    const waitAfter = (lastValidationTime: string): number | undefined =>
      dueInMs(
        { ...location, status: { lastValidationTime } },
        storeValidationFrequencyMs,
        clock.now(),
      );
    const identity = identityOf(location);
    const last = checked.get(key);
    if (last?.identity === identity) {
      const waitMs = waitAfter(last.lastValidationTime);
      if (waitMs !== 0) return again(waitMs);
    }
    const message = await checkLocation(location, context, signal);
    const lastValidationTime = kubeTime(clock.now());
    await writeFound(context, location, { message, lastValidationTime }, signal);
    checked.set(key, { identity, lastValidationTime });
    return again(waitAfter(lastValidationTime));
  };
  const name = "backup-storage-location";
  return {
    name,
    run: async (life, ready) => {
      ready();
      await runController({ name, queue, reconcile, concurrency: 4, log }, life);
    },
  };
}

const again = (waitMs: number | undefined): Outcome | undefined =>
  waitMs === undefined ? undefined : { lookAgainAfterMs: waitMs };

function identityOf({ metadata, spec }: BackupStorageLocation): string {
  const { default: _, ...checkedSpec } = spec;
  return canonicalJson([metadata.uid ?? "", checkedSpec as unknown as JsonValue]);
}

async function writeFound(
  context: ControllerContext,
  location: BackupStorageLocation,
  found: { readonly message: string | undefined; readonly lastValidationTime: string },
  signal: AbortSignal,
): Promise<void> {
  const { message, lastValidationTime } = found;
  const { name, namespace = "", uid = "" } = location.metadata;
  const phase = message === undefined ? "Available" : "Unavailable";
  await writeStatus(
    context,
    { kind, namespace, name, uid },
    ({ message: _, ...status }) => ({
      ...status,
      phase,
      lastValidationTime,
      ...(message !== undefined && { message }),
    }),
    { signal, fence: context.term.fence },
  );
  const before = location.status?.phase;
  if (before === phase) return;
  context.log.write(message === undefined ? "info" : "warn", "backup location checked", {
    location: name,
    phase,
    reason: message,
  });
  if (message !== undefined) {
    const reason = "LocationUnavailable";
    context.events.record(location, { type: "Warning", reason, message });
  } else if (before === "Unavailable") {
    const said = "it can be used again";
    context.events.record(location, { type: "Normal", reason: "LocationAvailable", message: said });
  }
}

/** At most one location is the default: that of the others is taken back, and an event says so. */
async function settleDefault(
  context: ControllerContext,
  location: BackupStorageLocation,
  signal: AbortSignal,
): Promise<void> {
  const all = [...context.caches.locations.entries()].map(([, one]) => one);
  const chosen = markedDefault(all);
  const { name } = location.metadata;
  if (chosen === undefined) {
    if (name === context.settings.defaultBackupLocation) {
      await writeDefault(context, location, true, signal);
    }
    return;
  }
  if (location.spec.default !== true || chosen.metadata.name === name) return;
  await writeDefault(context, location, false, signal);
  context.events.record(location, {
    type: "Warning",
    reason: "DefaultTakenBack",
    message: `location ${chosen.metadata.name} is the default as well and was created later: this one is the default no longer`,
  });
}

async function writeDefault(
  { cluster }: ControllerContext,
  { metadata }: BackupStorageLocation,
  isDefault: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace = "", resourceVersion } = metadata;
  const patch = { metadata: { resourceVersion }, spec: { default: isDefault } };
  await cluster.patch({ kind, namespace, name }, "merge", jsonBytes(patch), {
    signal,
  });
}
