import type { BackupProgress } from "../../backup/backup-run.ts";
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
    ...paceOf(objects, objectsExpected, elapsedMs).slice(0, 1),
    size(bytes),
    ...paceOf(objects, objectsExpected, elapsedMs).slice(1),
  ];
  return { text: parts.join("   "), waitingFor: progress.waitingFor };
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
    ...paceOf(doneItems, totalItems, elapsedMs),
  ];
  return { text: parts.join("   "), waitingFor: progress.waitingFor };
}

/** Objects per second, and the time left where the total is known. */
function paceOf(done: number, total: number | undefined, elapsedMs: number): string[] {
  if (elapsedMs < settledMs || done === 0) return [];
  const perSecond = (done * 1000) / elapsedMs;
  const pace = [`${count(perSecond)}/s`];
  if (total !== undefined && total > done && perSecond > 0) {
    pace.push(`${span(((total - done) / perSecond) * 1000)} left`);
  }
  return pace;
}
