/**
 * What a cron expression says. Contract: the standard parser of robfig/cron v3, which Velero's
 * documents describe; `docs/adr/0012-cron.md` tells why, and where Velero 1.18.3 has left it.
 */
export type CronSchedule = CalendarSchedule | IntervalSchedule;

/** Fires in each minute whose fields match, by the clock on the wall of `timeZone`. */
export interface CalendarSchedule {
  readonly kind: "calendar";
  readonly minutes: FieldValues;
  readonly hours: FieldValues;
  readonly daysOfMonth: FieldValues;
  /** 1 is January. */
  readonly months: FieldValues;
  /** 0 is Sunday. */
  readonly daysOfWeek: FieldValues;
  /** IANA name; absent: the one the caller works in. */
  readonly timeZone?: string;
}

/** `@every`: so long after the last time. */
export interface IntervalSchedule {
  readonly kind: "interval";
  /** Whole seconds, at least one. */
  readonly everyMs: number;
}

export interface FieldValues {
  readonly values: ReadonlySet<number>;
  /** Written with `*` or `?` and no step: of the two day fields, the other one alone decides. */
  readonly isAny: boolean;
}
