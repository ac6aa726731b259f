import type { PreviewedTime } from "../../domain/cron/preview-times.ts";
import { localTime } from "./local-time.ts";
import { type Column, renderTable } from "./table.ts";

export interface PreviewStyle {
  /** Of the expression. */
  readonly zone: string;
  readonly now: Date;
  readonly notes: readonly string[];
}

/** Each time in the zone of the expression and in UTC. */
export function renderPreview(times: readonly PreviewedTime[], style: PreviewStyle): string {
  const notes = style.notes.map((note) => `note: ${note}\n`).join("");
  if (times.length === 0) return `it does not fire within five years\n${notes}`;
  const columns: Column<PreviewedTime>[] = [
    {
      title: style.zone.toUpperCase(),
      cell: ({ at }) => localTime(at.toISOString(), { timeZone: style.zone }),
    },
  ];
  if (style.zone !== "UTC") {
    columns.push({ title: "UTC", cell: ({ at }) => at.toISOString().replace(".000Z", "Z") });
  }
  if (times.some(({ note }) => note !== undefined)) {
    columns.push({ title: "NOTE", cell: ({ note }) => note ?? "" });
  }
  return `${renderTable(columns, times)}${notes}`;
}
