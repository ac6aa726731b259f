import { kubeTime } from "../../api/kube-time.ts";
import type { Restore } from "../../api/restore.ts";
import { removeTraces } from "../../catalog/name-claim.ts";
import type { NameRecord } from "../../catalog/name-record.ts";
import { restoreRecords } from "../../catalog/restore-records.ts";
import { createRunLog } from "../../catalog/run-log.ts";
import { restoreKeys } from "../../format/keys.ts";
import { noVolumes } from "../../format/restore-volume-info.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { createEffectList } from "../report/effect-list.ts";
import { createTally } from "../report/tally.ts";
import { writeReport } from "../report/write-report.ts";
import { replayInterrupted } from "./replay-interrupted.ts";

export interface ClosingPorts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Ends a restore that was cut off and that nobody can go on with: its record is written from its
 * journal, phase Failed, so that it can be undone; then the journal goes. Errors: those of the store.
 */
export async function closeInterrupted(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  record: NameRecord,
  ports: ClosingPorts,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock } = ports;
  if ((await store.head(restoreKeys(name).record, { signal })) !== undefined) {
    await removeTraces(restoreRecords, name, record.runUid, { store, signal });
    return;
  }
  const parts = {
    log: createRunLog(ports.log, clock),
    tally: createTally(),
    effects: createEffectList(),
  };
  await replayInterrupted(name, record, parts, store, signal);
  const restore: Restore = {
    apiVersion: "velero.io/v1",
    kind: "Restore",
    metadata: { name, namespace, uid: record.runUid },
    spec: record.spec,
    status: {
      phase: "Failed",
      failureReason: "it was cut off, and its Restore was deleted",
      startTimestamp: record.startedAt,
      completionTimestamp: kubeTime(clock.now()),
      errors: parts.log.count("error"),
      warnings: parts.log.count("warning"),
    },
  };
  const { clusterId } = record;
  await writeReport(
    store,
    restore,
    { ...parts, clusterId, operations: [], volumes: noVolumes },
    signal,
  );
  await removeTraces(restoreRecords, name, record.runUid, { store, signal });
}
