import type { backupKind } from "../../api/backup.ts";
import type { ResourceOf } from "../../api/custom-resource.ts";
import type { Schedule } from "../../api/schedule.ts";
import { outlookOf } from "../../domain/schedules/schedule-outlook.ts";
import { localTime } from "./local-time.ts";
import { lateness } from "./schedules-table.ts";

export interface ScheduleFacts {
  readonly made: readonly ResourceOf<typeof backupKind>[];
  /** YAML. */
  readonly template: string;
  readonly now: Date;
}

const shownBackups = 5;

export function describeSchedule(
  schedule: Schedule,
  { made, template, now }: ScheduleFacts,
): string {
  const { metadata, spec, status } = schedule;
  const { next } = outlookOf(schedule, now);
  const rows: readonly (readonly [string, string])[] = [
    ["Name", metadata.name],
    ["Namespace", metadata.namespace ?? ""],
    ["Labels", pairs(metadata.labels)],
    ["Annotations", pairs(metadata.annotations)],
    ["Phase", status?.phase ?? "New"],
    ["Paused", `${spec.paused ?? false}`],
    ["Schedule", spec.schedule],
    ["Last Backup", status?.lastBackup == null ? "<never>" : localTime(status.lastBackup)],
    ...(status?.lastSkipped == null
      ? []
      : [["Last Skipped", localTime(status.lastSkipped)] as const]),
    ["Next", spec.paused === true ? "paused" : localTime(next?.toISOString())],
    ["Late", lateness(schedule, now)],
  ];
  const errors = status?.validationErrors ?? [];
  return [
    ...rows.map(([title, text]) => `${`${title}:`.padEnd(14)}${text}`),
    ...(errors.length === 0 ? [] : ["Validation errors:", ...errors.map((text) => `  ${text}`)]),
    "Backup Template:",
    ...template
      .trimEnd()
      .split("\n")
      .map((line) => `  ${line}`),
    `Backups:      ${made.length === 0 ? "<none>" : made.length}`,
    ...[...made]
      .sort((one, other) => createdAt(other).localeCompare(createdAt(one)))
      .slice(0, shownBackups)
      .map(
        (backup) =>
          `  ${backup.metadata.name}   ${backup.status?.phase ?? "New"}   ${localTime(createdAt(backup))}`,
      ),
    "",
  ].join("\n");
}

const createdAt = ({ metadata }: ResourceOf<typeof backupKind>): string =>
  metadata.creationTimestamp ?? "";

const pairs = (map: Readonly<Record<string, string>> = {}): string =>
  Object.entries(map)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ") || "<none>";
