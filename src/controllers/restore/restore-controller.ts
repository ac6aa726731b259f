import { isWaiting } from "../../domain/restore/next-step.ts";
import { runController } from "../../runtime/controller.ts";
import type { Runnable } from "../../runtime/life.ts";
import type { Change } from "../../runtime/object-cache.ts";
import { createWorkQueue } from "../../runtime/work-queue.ts";
import type { ControllerContext } from "../controller-context.ts";
import { leaveSignal } from "../leave-signal.ts";
import { createPatience } from "../patience.ts";
import { createRunningRuns } from "../running-runs.ts";
import { reconcileRestore } from "./reconcile-restore.ts";

/** Beside those that run: looks at new ones, refusals, removals. */
const otherWorkers = 8;

const name = "restore";

/** Validates Restores, runs them in their turn, continues, cancels and removes them. */
export function createRestoreController(context: ControllerContext): Runnable {
  const { caches, clock, log, settings } = context;
  const queue = createWorkQueue(clock);
  const running = createRunningRuns();
  caches.restores.onChange((change) => {
    running.look(change.key, change.after);
    if (change.after !== undefined) queue.add(change.key);
    if (isOfQueue(change)) lookAtWaiting();
  });
  caches.backups.onChange((change) => {
    if (isOfQueue(change)) lookAtWaiting();
  });
  const lookAtWaiting = (): void => {
    for (const [key, { status }] of caches.restores.entries()) {
      if (isWaiting(status?.phase)) queue.add(key);
    }
  };
  return {
    name,
    async run(life, ready) {
      const leave = leaveSignal(life.abort, context.term);
      ready();
      const parts = { running, patience: createPatience(clock), leave };
      const reconcile = (key: string) => reconcileRestore(key, context, parts);
      const concurrency = settings.concurrentBackups + otherWorkers;
      await runController({ name, queue, reconcile, concurrency, log }, life);
    },
  };
}

/** Another phase, or one less: who waits may be next. */
function isOfQueue(change: Change<{ readonly status?: { readonly phase?: string } }>): boolean {
  const { before, after } = change;
  return before !== undefined && before.status?.phase !== after?.status?.phase;
}
