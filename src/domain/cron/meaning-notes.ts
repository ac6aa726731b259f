import type { CronSchedule } from "./cron-schedule.ts";

/** Where an expression may not mean what its author, or Velero 1.18.3, takes it for; sentences. */
export function meaningNotes(schedule: CronSchedule): readonly string[] {
  if (schedule.kind === "interval") return [];
  const { daysOfMonth, daysOfWeek } = schedule;
  if (daysOfMonth.isAny || daysOfWeek.isAny) return [];
  return [
    "day of month and day of week are both given: it fires on days that match either of them, as cron does; Velero 1.18.3 wants both to match",
  ];
}
