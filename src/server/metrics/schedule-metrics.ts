import type { Schedule } from "../../api/schedule.ts";
import { nextTime } from "../../domain/cron/next-time.ts";
import { parseCron } from "../../domain/cron/parse-cron.ts";
import { outlookOf, timeOf } from "../../domain/schedules/schedule-outlook.ts";
import type { Metric, Sample } from "./exposition.ts";
import type { Tally } from "./tally.ts";

export interface ScheduleClock {
  readonly now: Date;
  /** IANA name, as of the server's setting. */
  readonly timeZone: string;
}

/** What a schedule owes, by its own times; nothing of one that is paused. */
export function scheduleMetrics(
  schedules: Iterable<Schedule>,
  tally: Tally,
  { now, timeZone }: ScheduleClock,
): readonly Metric[] {
  const overdue: Sample[] = [];
  const next: Sample[] = [];
  const never: Sample[] = [];
  const intervals: Sample[] = [];
  for (const schedule of schedules) {
    const { metadata, spec } = schedule;
    if (spec.paused === true) continue;
    const labels = { schedule: metadata.name };
    const outlook = outlookOf(schedule, now, timeZone);
    const since = outlook.overdueSince?.getTime() ?? now.getTime();
    overdue.push({ labels, value: Math.max(0, now.getTime() - since) / 1000 });
    if (outlook.next !== undefined) next.push({ labels, value: outlook.next.getTime() / 1000 });
    const interval = intervalSeconds(spec.schedule, outlook.next, timeZone);
    if (interval !== undefined) intervals.push({ labels, value: interval });
    const createdAt = timeOf(metadata.creationTimestamp);
    const hasSucceeded = tally.schedules[metadata.name]?.lastSuccess !== undefined;
    if (createdAt !== undefined && !hasSucceeded) {
      never.push({ labels, value: createdAt.getTime() / 1000 });
    }
  }
  const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
    name,
    type: "gauge",
    help,
    samples,
  });
  return [
    gauge(
      "ark_ts_schedule_overdue_seconds",
      "For how long a backup of the schedule is due and not made; 0: none is.",
      overdue,
    ),
    gauge(
      "ark_ts_schedule_next_timestamp",
      "When the schedule is due next, in seconds since 1970.",
      next,
    ),
    gauge(
      "ark_ts_schedule_unproven_since_timestamp",
      "When a schedule was made that has no Completed backup yet, in seconds since 1970.",
      never,
    ),
    gauge(
      "velero_schedule_expected_interval_seconds",
      "How long after its next time the schedule is due again.",
      intervals,
    ),
  ];
}

function intervalSeconds(
  expression: string,
  next: Date | undefined,
  timeZone: string,
): number | undefined {
  const cron = parseCron(expression);
  if (next === undefined || "problems" in cron) return undefined;
  const after = nextTime(cron, next, timeZone);
  return after === undefined ? undefined : (after.getTime() - next.getTime()) / 1000;
}
