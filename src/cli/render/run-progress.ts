import type { BackupProgress } from "../../backup/backup-run.ts";
import type { PreviewProgress } from "../../restore/plan/preview-restore.ts";
import type { RestoreProgress } from "../../restore/restore-request.ts";
import { count, counted, size, span } from "./amounts.ts";
import type { ProgressState } from "./progress-line.ts";

/** Rates and times left are shown only after this long, when they mean something. */
const settledMs = 1_000;

/** `listing   41 of 58 kinds   12,480 objects   9,900/s   4.1 MiB   3 s left`. */
export function backupProgress(progress: BackupProgress, elapsedMs: number): ProgressState {
  const { kindsDone, kindsTotal, objects, objectsExpected, bytes } = progress;
  const parts = [
    "  listing",
    `${kindsDone} of ${counted(kindsTotal, "kind")}`,
    objectsExpected !== undefined && objectsExpected >= objects
      ? `${count(objects)} of ${counted(objectsExpected, "object")}`
      : counted(objects, "object"),
    ...rateOf(objects, elapsedMs),
    size(bytes),
  ];
  return {
    text: parts.join("   "),
    timeLeft: timeLeftOf(objects, objectsExpected, elapsedMs),
    waitingFor: progress.waitingFor,
    position: `${kindsDone} ${objects} ${bytes}`,
  };
}

/** `restoring workloads   380 of 412 objects   created 360   updated 9   skipped 11   failed 0   640/s`. */
export function restoreProgress(progress: RestoreProgress, elapsedMs: number): ProgressState {
  const { wave, doneItems, totalItems, created, updated, skipped, failed } = progress;
  const parts = [
    `  restoring ${wave}`,
    `${count(doneItems)} of ${counted(totalItems, "object")}`,
    `created ${count(created)}`,
    `updated ${count(updated)}`,
    `skipped ${count(skipped)}`,
    `failed ${count(failed)}`,
    ...rateOf(doneItems, elapsedMs),
  ];
  return {
    text: parts.join("   "),
    timeLeft: timeLeftOf(doneItems, totalItems, elapsedMs),
    waitingFor: progress.waitingFor,
    waitedMs: progress.waitedMs,
    position: `${wave} ${doneItems}`,
  };
}

/** Objects per second, once that means something. */
function rateOf(done: number, elapsedMs: number): readonly string[] {
  if (elapsedMs < settledMs || done === 0) return [];
  return [`${count((done * 1000) / elapsedMs)}/s`];
}

function timeLeftOf(
  done: number,
  total: number | undefined,
  elapsedMs: number,
): string | undefined {
  if (elapsedMs < settledMs || done === 0 || total === undefined || total <= done) return undefined;
  return `${span(((total - done) * elapsedMs) / done)} left`;
}

/** `  planning   1,200 of 12,480 objects   (workloads)   800 asked`. */
export function planProgress(progress: PreviewProgress, elapsedMs: number): ProgressState {
  const { wave, doneItems, totalItems, asked } = progress;
  const parts = [
    "  planning",
    `${count(doneItems)} of ${counted(Math.max(doneItems, totalItems), "object")}`,
    ...(wave === "" ? [] : [`(${wave})`]),
    ...(asked === 0 ? [] : [`${count(asked)} asked`]),
    ...rateOf(doneItems, elapsedMs),
  ];
  return {
    text: parts.join("   "),
    timeLeft: timeLeftOf(doneItems, totalItems, elapsedMs),
    waitingFor: undefined,
    position: `${doneItems}`,
  };
}
