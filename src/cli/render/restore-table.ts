import type { Restore, RestoreSpec } from "../../api/restore.ts";
import type { RestoreListing } from "../../catalog/list-restores.ts";
import type { Liveness } from "../../catalog/run-owner.ts";
import { count, counted } from "./amounts.ts";
import { localTime, type TimeStyle } from "./local-time.ts";
import { type Painter, paintPhase } from "./painter.ts";
import { type Column, renderTable } from "./table.ts";

export interface RestoreTableStyle extends TimeStyle {
  readonly location: string;
  readonly painter: Painter;
  readonly liveness: Liveness;
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
  const interrupted = listings.filter((one) => phaseOf(one, style.liveness) === "Interrupted");
  const notes =
    interrupted.length === 0
      ? ""
      : `\n${counted(interrupted.length, "restore was", "restores were")} cut off: the command that began it, run again, continues it. To give it up: ark-ts restore discard NAME\n`;
  return renderTable(columns(style), listings) + notes + below;
}

type Interrupted = Extract<RestoreListing, { readonly state: "interrupted" }>;

/** A run that has not ended, as `-o json` has it. */
export function shownInterrupted(listing: Interrupted, liveness: Liveness) {
  const { name, record } = listing;
  return {
    name,
    phase: phaseOf(listing, liveness),
    ...(record === undefined
      ? {}
      : { startedAt: record.startedAt, owner: record.owner, spec: record.spec }),
  };
}

function phaseOf(listing: RestoreListing, liveness: Liveness): string {
  if (listing.state === "recorded") return listing.restore.status.phase ?? "New";
  if (listing.state === "unreadable") return "Unreadable";
  if (listing.state === "unrecorded") return "Unknown";
  const { record } = listing;
  const isRunning = record !== undefined && liveness(record.owner) === "alive";
  return isRunning ? "InProgress" : "Interrupted";
}

function backupOf(listing: RestoreListing): string {
  if (listing.state === "recorded") return listing.restore.spec.backupName ?? "-";
  if (listing.state !== "interrupted") return "-";
  return (listing.record?.spec as RestoreSpec | undefined)?.backupName ?? "-";
}

function startedAt(listing: RestoreListing): string | undefined {
  if (listing.state === "recorded") return listing.restore.status.startTimestamp;
  return listing.state === "interrupted" ? listing.record?.startedAt : undefined;
}

function columns(style: RestoreTableStyle): readonly Column<RestoreListing>[] {
  const recorded = (cell: (restore: Restore) => string) => (listing: RestoreListing) =>
    listing.state === "recorded" ? cell(listing.restore) : "-";
  const status = (listing: RestoreListing): string => phaseOf(listing, style.liveness);
  return [
    { title: "NAME", cell: ({ name }) => name },
    { title: "BACKUP", cell: backupOf },
    {
      title: "STATUS",
      cell: status,
      paint: (text, listing) =>
        text.replace(status(listing), (word) => paintPhase(style.painter, word)),
    },
    {
      title: "STARTED",
      cell: (listing) =>
        startedAt(listing) === undefined ? "-" : localTime(startedAt(listing), style),
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
