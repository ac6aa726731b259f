import { backupKind } from "../../api/backup.ts";
import { nextStep } from "../../domain/backups/next-step.ts";
import { isQueueNews } from "../../domain/queue/queued-runs.ts";
import { runController } from "../../runtime/controller.ts";
import type { Runnable } from "../../runtime/life.ts";
import { createWorkQueue } from "../../runtime/work-queue.ts";
import type { ControllerContext, LiveBackup } from "../controller-context.ts";
import { createPatience } from "../patience.ts";
import { readAnew } from "../read-kind.ts";
import { createRunningRuns } from "../running-runs.ts";
import { beginBackup } from "./begin-backup.ts";
import { writeCancelled } from "./end-backup.ts";
import { type Executing, executeBackup } from "./execute-backup.ts";

/** Workers beside those of running backups: for Backups that only wait for operations, or begin. */
const spareWorkers = 16;

/** With Backups that wait: others may have changed what they wait for. */
const lookAgainMs = 60_000;

/** Once for each run and process; a run that this one tries again is no news. */
function tellTakenUp(backup: LiveBackup, { context, patience }: Executing): void {
  if (patience.hasFailed(backup.metadata.uid ?? "")) return;
  const message = "this leader goes on with a run that an earlier one has left";
  context.events.record(backup, { type: "Normal", reason: "BackupTakenUp", message });
}

/**
 * Brings Backups from New to their end: places in the queue, checks, runs, progress, cancelling. A
 * run that stands as the term ends is left as it is, and the next leader goes on with it.
 */
export function createBackupController(context: ControllerContext): Runnable {
  const { caches, clock, log, settings } = context;
  const work = createWorkQueue(clock);
  const line = createWorkQueue(clock);
  const running = createRunningRuns();
  const executing: Executing = { context, running, patience: createPatience(clock) };
  const lineUp = (): void => line.add("queue");
  caches.backups.onChange(({ key, before, after }) => {
    running.look(key, after);
    work.add(key);
    if (isQueueNews(before, after)) lineUp();
  });
  caches.restores.onChange(({ before, after }) => {
    if (isQueueNews(before, after)) lineUp();
  });
  const reconcile = async (key: string, signal: AbortSignal): Promise<undefined> => {
    const known = caches.backups.get(key);
    if (known === undefined || ["none", "wait"].includes(nextStep(known))) return;
    const backup = await readAnew(backupKind, known, context, signal);
    const step = backup === undefined ? "none" : nextStep(backup);
    if (backup === undefined || step === "none" || step === "wait") return;
    if (step === "cancel") {
      await writeCancelled(backup, context, signal);
      return;
    }
    const begun = step === "begin" ? await beginBackup(backup, context, signal) : backup;
    if (begun === undefined || nextStep(begun) !== "run") return;
    if (step === "run") tellTakenUp(begun, executing);
    await executeBackup(key, begun, executing, signal);
  };
  const takePlaces = async (_key: string, signal: AbortSignal) => {
    await context.queue.place(signal);
    return { lookAgainAfterMs: lookAgainMs };
  };
  return {
    name: "backup",
    async run(life, ready) {
      ready();
      const concurrency = settings.concurrentBackups + spareWorkers;
      await Promise.all([
        runController({ name: "backup-queue", queue: line, reconcile: takePlaces, log }, life),
        runController({ name: "backup", queue: work, reconcile, concurrency, log }, life),
      ]);
    },
  };
}
