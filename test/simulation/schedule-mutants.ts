import type { Mutant } from "./mutants.ts";

/** Bugs planted in what decides and makes the Backups of schedules. */
export const scheduleMutants: Readonly<Record<string, Mutant>> = {
  "makes up for a pause": {
    file: "src/domain/schedules/decide-run.ts",
    find: "if (state.skipImmediately) return",
    replace: "if (false) return",
  },
  "forgets what an earlier leader has made": {
    file: "src/controllers/schedule/make-backup.ts",
    find: "if (done !== undefined) {",
    replace: "if (false && done !== undefined) {",
  },
  "makes a Backup beside an unfinished one": {
    file: "src/domain/schedules/unfinished-backup.ts",
    find: 'return isUnbegun(status?.phase) || backupStage(status?.phase) === "taking"',
    replace: "return status === null",
  },
  "takes an interval that is late for one that is due now": {
    file: "src/domain/cron/latest-time.ts",
    find: "until.getTime() - (behindMs % schedule.everyMs)",
    replace: "until.getTime()",
  },
  "takes the offset of the day's beginning for the whole day": {
    file: "src/domain/cron/time-zone.ts",
    find: "atSeconds < day.changesAt ? day.before : day.after",
    replace: "day.before",
  },
};
