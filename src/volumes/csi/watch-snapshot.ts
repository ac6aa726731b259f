import type { SnapshotState } from "../../domain/volumes/csi/snapshot-state.ts";
import { ArkError } from "../../lib/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SnapshotApi, SnapshotName } from "./snapshot-api.ts";

const firstPauseMs = 200;
/** Velero's interval. */
const longestPauseMs = 5000;

export interface SnapshotWatch {
  readonly api: SnapshotApi;
  readonly clock: Clock;
  readonly limitMs: number;
  /** Told what is waited for, each time that it is looked at. */
  readonly onWait: (waitsFor: string) => void;
}

/**
 * Looks at a snapshot until `isReached`. What driver and controllers report they try again
 * themselves: it ends the wait only with the limit. Errors: ARK_SNAPSHOT_FAILED, those of the
 * API server.
 */
export async function watchSnapshot(
  name: SnapshotName,
  isReached: (state: SnapshotState) => boolean,
  { api, clock, limitMs, onWait }: SnapshotWatch,
  signal: AbortSignal,
): Promise<SnapshotState> {
  const endsMs = clock.monotonicMs() + limitMs;
  let pauseMs = firstPauseMs;
  for (;;) {
    const { state, terminating } = await api.look(name, signal);
    if (isReached(state)) return state;
    const what = `VolumeSnapshot ${name.namespace}/${name.name}`;
    if (state.step === "absent" || terminating) {
      throw new ArkError("ARK_SNAPSHOT_FAILED", `${what} was deleted while it was waited for`);
    }
    const leftMs = endsMs - clock.monotonicMs();
    if (leftMs <= 0) throw late(what, state, limitMs);
    onWait(state.waitsFor);
    await clock.sleep(Math.min(pauseMs, leftMs), signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

function late(what: string, state: SnapshotState, limitMs: number): ArkError {
  const seconds = Math.round(limitMs / 1000);
  const said = state.trouble === "" ? "nothing was reported" : `last report: ${state.trouble}`;
  return new ArkError(
    "ARK_SNAPSHOT_FAILED",
    `${what} waited ${seconds} s for ${state.waitsFor}; ${said}`,
    { answer: state.trouble },
  );
}
