import { labels } from "../../api/labels.ts";
import { isUnfinished } from "../../domain/schedules/unfinished-backup.ts";
import { runController } from "../../runtime/controller.ts";
import type { Runnable } from "../../runtime/life.ts";
import { objectKey } from "../../runtime/object-key.ts";
import { createWorkQueue } from "../../runtime/work-queue.ts";
import type { ControllerContext } from "../controller-context.ts";
import { lookAtSchedule } from "./look-at-schedule.ts";
import { followUnfinished } from "./unfinished-of-schedules.ts";

/**
 * A schedule is looked at this often though nothing is due: the machine may have slept, or its clock
 * been set.
 */
const longestWaitMs = 60_000;

export interface ScheduleControllerOptions {
  /** Default a minute. */
  readonly longestWaitMs?: number;
}

/**
 * Makes a Backup at each time of each Schedule: after one that was missed once at most, and never
 * beside an unfinished one of the same Schedule. Writes status only, never a spec.
 */
export function createScheduleController(
  context: ControllerContext,
  options: ScheduleControllerOptions = {},
): Runnable {
  const { caches, clock, log, namespace } = context;
  const queue = createWorkQueue(clock);
  /** The last that was told of a schedule, so that it is not told at each look. */
  const told = new Map<string, string>();
  const unfinished = followUnfinished(caches.backups);
  caches.schedules.onChange(({ key, after }) => {
    if (after === undefined) told.delete(key);
    else queue.add(key);
  });
  caches.backups.onChange(({ before, after }) => {
    if (before === undefined || !isUnfinished(before)) return;
    if (after !== undefined && isUnfinished(after)) return;
    const name = before.metadata.labels?.[labels.scheduleName];
    if (name !== undefined) queue.add(objectKey({ namespace, name }));
  });
  const limitMs = options.longestWaitMs ?? longestWaitMs;
  const name = "schedule";
  return {
    name,
    run: async (life, ready) => {
      ready();
      const reconcile = async (key: string, signal: AbortSignal) => {
        const schedule = caches.schedules.get(key);
        if (schedule === undefined) return undefined;
        const next = await lookAtSchedule(context, { schedule, key, told, unfinished }, signal);
        const waitMs = (next?.getTime() ?? Number.POSITIVE_INFINITY) - clock.now().getTime();
        return { lookAgainAfterMs: Math.max(1, Math.min(waitMs, limitMs)) };
      };
      await runController({ name, queue, reconcile, concurrency: 4, log }, life);
    },
  };
}
