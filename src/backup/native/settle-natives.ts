import type { RunLog } from "../../catalog/run-log.ts";
import type { NativeSnapshotStep } from "../../format/native-snapshot-step.ts";
import { operationTimeout } from "../../operations/operation-timeout.ts";
import type { Clock } from "../../ports/clock.ts";
import type { BackupPorts, BackupRequest } from "../backup-run.ts";
import { placeOf } from "./locate-native.ts";
import { type NativeEnd, type NativeWatch, percentOf, watchNatives } from "./watch-natives.ts";

export interface NativeSettling extends Pick<NativeWatch, "open" | "onWait"> {
  readonly request: Pick<BackupRequest, "spec">;
  readonly clock: Clock;
  readonly onPhase: BackupPorts["onPhase"];
  readonly log: RunLog;
  /** Makes a step durable. */
  readonly write: (step: NativeSnapshotStep, signal: AbortSignal) => Promise<void>;
}

/**
 * Looks at the snapshots that providers had accepted and not finished, and tells what came of them.
 * One that has failed is still the backup's, so that it is deleted with it. Errors: those of `write`.
 */
export async function settleNatives(
  made: readonly NativeSnapshotStep[],
  settling: NativeSettling,
  signal: AbortSignal,
): Promise<void> {
  const { request, clock, log, open, onPhase } = settling;
  const limit = operationTimeout(request.spec.itemOperationTimeout);
  let isTold = false;
  const onWait = (waitingFor: string): void => {
    if (!isTold) {
      const isPartial = log.count("error") > 0;
      onPhase?.(
        isPartial ? "WaitingForPluginOperationsPartiallyFailed" : "WaitingForPluginOperations",
      );
      log.write("info", "waiting for native snapshots", { waitingFor, limit: limit.timeout });
      isTold = true;
    }
    settling.onWait(waitingFor);
  };
  const unfinished = made.filter(({ ready, failure }) => ready === false && failure === undefined);
  const watch = { open, clock, limitMs: limit.timeoutMs, onWait };
  const ends = await watchNatives(unfinished, watch, signal);
  if (isTold) log.write("info", "waited for native snapshots", { snapshots: ends.size });
  for (const step of made) {
    const end = ends.get(step.volume);
    if (end?.state === "failed") await settling.write({ ...step, failure: end.why }, signal);
    const failure = end?.state === "failed" ? end.why : step.failure;
    if (failure !== undefined) tellFailed(step, failure, log);
    else if (end !== undefined) tellOpen(step, end, limit.timeout, log);
  }
}

function tellFailed(step: NativeSnapshotStep, why: string, log: RunLog): void {
  const { snapshotId, volume, location } = step;
  log.find({
    ...{ severity: "error", code: "ARK_SNAPSHOT_FAILED", ...placeOf(step) },
    message: `snapshot ${snapshotId} of volume ${volume} (location "${location}") came to nothing after it was accepted: ${why}`,
    advice: "back the volume up again; what the provider has of the snapshot goes with this backup",
  });
}

function tellOpen(step: NativeSnapshotStep, end: NativeEnd, timeout: string, log: RunLog): void {
  if (end.state !== "unfinished" && end.state !== "unknown") return;
  const { snapshotId, volume, location } = step;
  const which = `snapshot ${snapshotId} of volume ${volume} (location "${location}")`;
  const common = { severity: "warning", code: "ARK_SNAPSHOT_UNFINISHED" } as const;
  const look = "look at the provider that it is finished before you rely on this backup";
  if (end.state === "unknown") {
    const message = `whether ${which} is finished is not known: ${end.why}`;
    log.find({ ...common, ...placeOf(step), message, advice: look });
    return;
  }
  const share = end.share === undefined ? "" : ` (${percentOf(end.share)})`;
  log.find({
    ...{ ...common, ...placeOf(step) },
    message: `${which} was cut, and its provider is still copying it after ${timeout}${share}: until it is finished no volume can be made of it`,
    advice: `${look}; a larger --item-operation-timeout waits longer`,
  });
}
