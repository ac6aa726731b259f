import type { BackupPhase } from "../../api/backup.ts";
import type { BackupPorts, BackupProgress } from "../../backup/backup-run.ts";
import { toArkError } from "../../lib/errors.ts";
import type { ControllerContext, LiveBackup } from "../controller-context.ts";
import { createProgressWriter } from "../progress-writer.ts";
import { doingOfBackup } from "../run-doing.ts";
import { writePhase, writeProgress } from "./status-of-backup.ts";

/** Writes what a run tells into the status of its Backup. */
export interface RunFollower extends Required<Pick<BackupPorts, "onProgress" | "onPhase">> {
  /** Nothing is written any more once this has resolved. */
  stop(): Promise<void>;
}

interface News {
  readonly phase?: BackupPhase;
  readonly progress?: BackupProgress;
}

export function followRun(backup: LiveBackup, context: ControllerContext): RunFollower {
  const { clock, log, term } = context;
  let waitingFor: string | undefined;
  let waitsSince = clock.now();
  const write = async ({ phase, progress }: News, until: AbortSignal): Promise<void> => {
    const signal = AbortSignal.any([until, term.lost]);
    const fields = progress === undefined ? {} : { progress: counted(progress) };
    try {
      if (phase !== undefined) await writePhase(backup, phase, fields, context, { signal });
      else if (progress !== undefined) {
        const doing = doingOfBackup(progress, waitsSince);
        await writeProgress(backup, counted(progress), doing, context, signal);
      }
    } catch (thrown) {
      if (signal.aborted) return;
      const of = { backup: backup.metadata.name, error: toArkError(thrown) };
      log.write("warn", "progress not written", of);
    }
  };
  const writer = createProgressWriter<News>(clock, write, (waiting, told) => ({
    ...waiting,
    ...told,
  }));
  return {
    onProgress(progress) {
      if (progress.waitingFor !== waitingFor) waitsSince = clock.now();
      waitingFor = progress.waitingFor;
      writer.tell({ progress });
    },
    onPhase: (phase) => writer.tell({ phase }),
    stop: () => writer.end(),
  };
}

function counted({ objects, objectsExpected }: BackupProgress) {
  return { totalItems: Math.max(objects, objectsExpected ?? 0), itemsBackedUp: objects };
}
