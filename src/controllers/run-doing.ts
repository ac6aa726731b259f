import { kubeTime } from "../api/kube-time.ts";
import { annotations } from "../api/labels.ts";
import type { RunDoing } from "../api/run-doing.ts";
import type { BackupProgress } from "../backup/backup-run.ts";
import type { RestoreProgress } from "../restore/restore-request.ts";

/** For the status that ends a run, or leaves it to another process. */
export const noDoing = { [annotations.doing]: null };

export function notesOfDoing(doing: RunDoing): Readonly<Record<string, string>> {
  return { [annotations.doing]: JSON.stringify(doing) };
}

/** `since`: when the run began to wait for what it waits for. */
export function doingOfBackup(
  { kindsDone, kindsTotal, bytes, waitingFor }: BackupProgress,
  since: Date,
): RunDoing {
  return { kindsDone, kindsTotal, bytes, ...waiting(waitingFor, since) };
}

export function doingOfRestore(
  { wave, created, updated, skipped, failed, waitingFor, waitedMs = 0 }: RestoreProgress,
  now: Date,
): RunDoing {
  const since = new Date(now.getTime() - waitedMs);
  return { wave, created, updated, skipped, failed, ...waiting(waitingFor, since) };
}

function waiting(waitingFor: string | undefined, since: Date): RunDoing {
  return waitingFor === undefined ? {} : { waitingFor, waitsSince: kubeTime(since) };
}
