import type { Schedule } from "../../api/schedule.ts";
import { latestTime } from "../cron/latest-time.ts";
import { nextTime } from "../cron/next-time.ts";
import { parseCron } from "../cron/parse-cron.ts";
import { lastDone } from "./decide-run.ts";

/** What a look at a Schedule from outside tells. */
export interface ScheduleOutlook {
  /** Absent: it is paused, wrong, or never fires again. */
  readonly next?: Date;
  /** The last of its times that have come and for which nothing was done yet. */
  readonly overdueSince?: Date;
}

/** `timeZone` as of the server's setting. */
export function outlookOf(
  { metadata, spec, status }: Schedule,
  now: Date,
  timeZone = "UTC",
): ScheduleOutlook {
  const cron = parseCron(spec.schedule);
  if ("problems" in cron || spec.paused === true) return {};
  const createdAt = timeOf(metadata.creationTimestamp) ?? now;
  const since = lastDone({
    createdAt,
    lastBackup: timeOf(status?.lastBackup),
    lastSkipped: timeOf(status?.lastSkipped),
  });
  const overdueSince = latestTime(cron, since, now, timeZone);
  const from = cron.kind === "interval" && overdueSince === undefined ? since : now;
  const next = nextTime(cron, from, timeZone);
  return {
    ...(next !== undefined && { next }),
    ...(overdueSince !== undefined && { overdueSince }),
  };
}

export function timeOf(text: string | null | undefined): Date | undefined {
  const at = new Date(text ?? Number.NaN);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
