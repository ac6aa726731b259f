import { kubeTime } from "../../api/kube-time.ts";
import { annotations } from "../../api/labels.ts";
import type { Restore, RestoreStatus } from "../../api/restore.ts";
import { removeTraces } from "../../catalog/name-claim.ts";
import type { NameRecord } from "../../catalog/name-record.ts";
import { restoreRecordIfReadable, restoreRecords } from "../../catalog/restore-records.ts";
import { createRunLog, type LogSharing } from "../../catalog/run-log.ts";
import { restoreKeys } from "../../format/keys.ts";
import { noVolumes } from "../../format/restore-volume-info.ts";
import { type ArkError, toArkError } from "../../lib/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { replayInterrupted } from "../record/replay-interrupted.ts";
import type { RestoreRequest } from "../restore-request.ts";
import { createEffectList } from "./effect-list.ts";
import { createTally } from "./tally.ts";
import { checkRestoreName, writeReport } from "./write-report.ts";

/** A restore that has a resource, and ended before it could begin, or before it could go on. */
export interface UnbegunRestore {
  readonly request: RestoreRequest;
  readonly status: RestoreStatus;
  readonly error: ArkError;
  readonly isCancelled: boolean;
}

interface UnbegunPorts extends Pick<LogSharing, "earlierLog"> {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Writes its files, as clients ask for log and results of every restore that has ended; with what a
 * process of it did that died, so that it can be undone. Never fails
 * but for the signal's reason: where it cannot be done, or others' files are there, the status tells
 * all there is.
 */
export async function recordUnbegun(
  { request, status, error, isCancelled }: UnbegunRestore,
  ports: UnbegunPorts,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock } = ports;
  const { name, namespace = "ark-ts", spec, resource } = request;
  const log = createRunLog(ports.log, clock, ports);
  const { code, message, advice } = error;
  log.find({ severity: "error", code, message, ...(advice === undefined ? {} : { advice }) });
  const restore: Restore = {
    apiVersion: "velero.io/v1",
    kind: "Restore",
    metadata: {
      name,
      namespace,
      ...resource,
      annotations: {
        ...request.annotations,
        ...(isCancelled ? { [annotations.outcome]: "cancelled" } : {}),
      },
    },
    spec,
    status: { ...status, completionTimestamp: kubeTime(clock.now()) },
  };
  const parts = { log, tally: createTally(), effects: createEffectList() };
  try {
    const own = await runThatDied(name, resource?.uid, store, signal);
    const hasEnded = (await store.head(restoreKeys(name).record, { signal })) !== undefined;
    if (own === undefined || hasEnded) await checkRestoreName(store, name, signal);
    else await replayInterrupted(name, own, parts, store, signal);
    const clusterId = own?.clusterId ?? "";
    await writeReport(
      store,
      restore,
      { ...parts, clusterId, operations: [], volumes: noVolumes },
      signal,
    );
    if (own === undefined) return;
    await removeTraces(restoreRecords, name, own.runUid, { store, signal });
  } catch (thrown) {
    signal.throwIfAborted();
    const { message: why } = toArkError(thrown);
    ports.log.write("warn", "the files of a restore were not written", {
      restore: name,
      error: why,
    });
  }
}

/** A process of this very restore left it, and it is not continued any more. */
async function runThatDied(
  name: string,
  uid: string | undefined,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<NameRecord | undefined> {
  if (uid === undefined) return undefined;
  const record = await restoreRecordIfReadable(store, name, signal);
  return record?.runUid === uid ? record : undefined;
}
