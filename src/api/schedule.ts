import { backupSpec } from "./backup.ts";
import { defineKind, type ResourceOf } from "./custom-resource.ts";
import { phaseTable } from "./phase-table.ts";
import {
  but,
  flag,
  nullable,
  oneOf,
  record,
  required,
  text,
  texts,
  time,
  type Valued,
} from "./schema.ts";

/** Checked again at each look; the spec decides, not the former phase. */
const phases = phaseTable(
  {
    New: ["Enabled", "FailedValidation"],
    Enabled: ["FailedValidation"],
    FailedValidation: ["Enabled"],
  },
  { terminal: [], awaited: [] },
);

const spec = record(
  {
    template: required(but(backupSpec, { description: "The spec of each Backup it makes." })),
    schedule: required(
      text("When it runs, in cron's five fields, @every or a word such as @daily."),
    ),
    useOwnerReferencesInBackup: nullable(
      flag("Whether its Backups are deleted with it; absent: no."),
    ),
    paused: flag("Whether it makes no Backups for now."),
    skipImmediately: flag(
      "Whether it waits for its next time where it is due at once; absent: as the server is set.",
    ),
  },
  "What is to be backed up, and when.",
);

const status = record(
  {
    phase: oneOf(phases.phases, "Whether it can run."),
    lastBackup: time("When it last made a Backup."),
    lastSkipped: time("When it last let a time pass."),
    validationErrors: texts("What is wrong with the spec."),
  },
  "What became of it.",
);

/** Velero's Schedule (contract: its CRD, release 1.18.3). */
export const scheduleKind = defineKind({
  version: "v1",
  kind: "Schedule",
  plural: "schedules",
  description: "Makes Backups at certain times.",
  columns: [
    {
      name: "Status",
      type: "string",
      jsonPath: ".status.phase",
      description: "Whether it can run.",
    },
    {
      name: "Schedule",
      type: "string",
      jsonPath: ".spec.schedule",
      description: "When it runs.",
    },
    {
      name: "LastBackup",
      type: "date",
      jsonPath: ".status.lastBackup",
      description: "When it last made a Backup.",
    },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "Paused", type: "boolean", jsonPath: ".spec.paused" },
  ],
  spec,
  status,
  phases,
});

export type ScheduleSpec = Valued<typeof spec>;
export type ScheduleStatus = Valued<typeof status>;
export type Schedule = ResourceOf<typeof scheduleKind>;
