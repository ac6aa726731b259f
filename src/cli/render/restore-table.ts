import type { Restore } from "../../api/restore.ts";
import type { RestoreListing } from "../../catalog/list-restores.ts";
import { count, counted } from "./amounts.ts";
import { localTime, type TimeStyle } from "./local-time.ts";
import { type Painter, paintPhase } from "./painter.ts";
import { type Column, renderTable } from "./table.ts";

export interface RestoreTableStyle extends TimeStyle {
  readonly location: string;
  readonly painter: Painter;
}

/** The table of `restore get`. */
export function renderRestoreTable(
  listings: readonly RestoreListing[],
  style: RestoreTableStyle,
): string {
  if (listings.length === 0) return `no restores in ${style.location}\n`;
  const unreadable = listings.flatMap((listing) =>
    listing.state === "unreadable" ? [`  ${listing.name}: ${listing.error.message}`] : [],
  );
  const below =
    unreadable.length === 0
      ? ""
      : `\n${counted(unreadable.length, "entry", "entries")} could not be read:\n${unreadable.join("\n")}\n`;
  return renderTable(columns(style), listings) + below;
}

function columns(style: RestoreTableStyle): readonly Column<RestoreListing>[] {
  const recorded = (cell: (restore: Restore) => string) => (listing: RestoreListing) =>
    listing.state === "recorded" ? cell(listing.restore) : "-";
  const status = (listing: RestoreListing): string => {
    if (listing.state === "recorded") return listing.restore.status.phase ?? "New";
    return listing.state === "unreadable" ? "Unreadable" : "Unknown";
  };
  return [
    { title: "NAME", cell: ({ name }) => name },
    { title: "BACKUP", cell: recorded(({ spec }) => spec.backupName ?? "-") },
    {
      title: "STATUS",
      cell: status,
      paint: (text, listing) =>
        text.replace(status(listing), (word) => paintPhase(style.painter, word)),
    },
    {
      title: "STARTED",
      cell: recorded(({ status: { startTimestamp } }) => localTime(startTimestamp, style)),
    },
    {
      title: "COMPLETED",
      cell: recorded(({ status: { completionTimestamp } }) =>
        localTime(completionTimestamp, style),
      ),
    },
    {
      title: "ERRORS",
      cell: recorded(({ status: { errors } }) => count(errors ?? 0)),
      align: "right",
    },
    {
      title: "WARNINGS",
      cell: recorded(({ status: { warnings } }) => count(warnings ?? 0)),
      align: "right",
    },
  ];
}
