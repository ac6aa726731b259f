import type { Schedule } from "../../api/schedule.ts";
import { formatLabelSelector } from "../../domain/label-selector.ts";
import { outlookOf } from "../../domain/schedules/schedule-outlook.ts";
import { span } from "./amounts.ts";
import { localTime, type TimeStyle } from "./local-time.ts";
import { type Painter, paintPhase } from "./painter.ts";
import { type Column, renderTable } from "./table.ts";

export interface SchedulesStyle extends TimeStyle {
  /** The server's. */
  readonly namespace: string;
  readonly now: Date;
  readonly painter: Painter;
}

/** Less is the time that a server takes to begin. */
const lateFromMs = 5_000;

/** The table of `schedule get`: Velero's columns, and when it runs next and how late it is. */
export function renderSchedules(schedules: readonly Schedule[], style: SchedulesStyle): string {
  if (schedules.length === 0) return `no schedules in namespace ${style.namespace}\n`;
  return renderTable(columns(style), schedules);
}

/** How long a time has been due that nothing was made for; `-` where none is. */
export function lateness(schedule: Schedule, now: Date): string {
  const { overdueSince } = outlookOf(schedule, now);
  const ms = overdueSince === undefined ? 0 : now.getTime() - overdueSince.getTime();
  return ms < lateFromMs ? "-" : span(ms);
}

const phaseOf = ({ status }: Schedule): string => status?.phase ?? "New";

function columns(style: SchedulesStyle): readonly Column<Schedule>[] {
  return [
    { title: "NAME", cell: ({ metadata }) => metadata.name },
    {
      title: "STATUS",
      cell: phaseOf,
      paint: (text, schedule) =>
        text.replace(phaseOf(schedule), (word) => paintPhase(style.painter, word)),
    },
    { title: "SCHEDULE", cell: ({ spec }) => spec.schedule },
    { title: "LAST BACKUP", cell: ({ status }) => localTime(status?.lastBackup, style) },
    {
      title: "NEXT",
      cell: (schedule) => {
        const { next } = outlookOf(schedule, style.now);
        return schedule.spec.paused === true ? "paused" : localTime(next?.toISOString(), style);
      },
    },
    { title: "LATE", cell: (schedule) => lateness(schedule, style.now) },
    { title: "BACKUP TTL", cell: ({ spec }) => spec.template.ttl ?? "-" },
    {
      title: "SELECTOR",
      cell: ({ spec: { template } }) =>
        template.labelSelector === undefined
          ? "<none>"
          : formatLabelSelector(template.labelSelector),
    },
    { title: "PAUSED", cell: ({ spec }) => `${spec.paused ?? false}` },
  ];
}
