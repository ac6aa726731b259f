import { annotations } from "../../api/labels.ts";
import type { Restore, RestoreSpec } from "../../api/restore.ts";
import type { RestoreListing } from "../../catalog/list-restores.ts";
import type { RestoreRunOutcome, UnrecordedRestore } from "../../catalog/unrecorded-restore.ts";
import { count, counted } from "./amounts.ts";
import { localTime, type TimeStyle } from "./local-time.ts";
import { type Painter, paintPhase } from "./painter.ts";
import { aftermathNote } from "./restore-aftermath.ts";
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
  const runs = listings.flatMap((one) => (one.state === "unrecorded" ? [one.run] : []));
  return (
    renderTable(columns(style, listings), listings) +
    cutOffNote(runs) +
    withoutRecordNote(runs) +
    below
  );
}

function cutOffNote(runs: readonly UnrecordedRestore[]): string {
  const cutOff = runs.filter(({ outcome }) => outcome === "died" || outcome === "open").length;
  if (cutOff === 0) return "";
  const isDead = runs.every(({ outcome }) => outcome !== "open");
  return `\n${counted(cutOff, "restore was", "restores were")} cut off${isDead ? "" : ", or go on elsewhere"}: the command that began it, run again, continues it. That command, and what it has done: ark-ts restore describe NAME. To give it up: ark-ts restore discard NAME\n`;
}

function withoutRecordNote(runs: readonly UnrecordedRestore[]): string {
  const ended = runs.filter(({ outcome }) => outcome === "ended").length;
  if (ended === 0) return "";
  return `\n${counted(ended, "restore has", "restores have")} files but no record of ark-ts: Velero's, or one whose record could not be written. What they say: ark-ts restore describe NAME\n`;
}

/** A run that has not ended, as `-o json` has it. */
export function shownRun(run: UnrecordedRestore) {
  const { name, record } = run;
  return {
    name,
    phase: phaseOfRestoreRun(run),
    ...(record === undefined
      ? {}
      : {
          startedAt: record.startedAt,
          owner: record.owner,
          spec: record.spec,
          ...(record.command !== undefined && { command: record.command }),
        }),
  };
}

const phases: Readonly<Record<RestoreRunOutcome, string>> = {
  running: "InProgress",
  died: "Interrupted",
  open: "Interrupted",
  ended: "Unknown",
};

/** The status of a restore without record, in the words that backups have. */
export function phaseOfRestoreRun({ outcome }: UnrecordedRestore): string {
  return phases[outcome];
}

/** The phase of Velero, or `Cancelled` for what its user stopped (which Velero calls Failed). */
export function shownPhase({ metadata, status }: Restore): string {
  if (metadata.annotations?.[annotations.outcome] === "cancelled") return "Cancelled";
  return status.phase ?? "New";
}

function phaseOf(listing: RestoreListing): string {
  if (listing.state === "recorded") return shownPhase(listing.restore);
  return listing.state === "unreadable" ? "Unreadable" : phaseOfRestoreRun(listing.run);
}

/** The backup that a run restores; undefined where its record cannot be read. */
export function backupOfRun({ record }: UnrecordedRestore): string | undefined {
  return (record?.spec as RestoreSpec | undefined)?.backupName;
}

function backupOf(listing: RestoreListing): string {
  if (listing.state === "unreadable") return "-";
  const name =
    listing.state === "recorded" ? listing.restore.spec.backupName : backupOfRun(listing.run);
  return name ?? "-";
}

function startedAt(listing: RestoreListing): string | undefined {
  if (listing.state === "recorded") return listing.restore.status.startTimestamp;
  return listing.state === "unrecorded" ? listing.run.record?.startedAt : undefined;
}

function columns(
  style: RestoreTableStyle,
  listings: readonly RestoreListing[],
): readonly Column<RestoreListing>[] {
  const noteOf = (one: RestoreListing): string =>
    one.state === "recorded" ? aftermathNote(one.aftermath) : "";
  const hasNotes = listings.some((one) => noteOf(one) !== "");
  const recorded = (cell: (restore: Restore) => string) => (listing: RestoreListing) =>
    listing.state === "recorded" ? cell(listing.restore) : "-";
  return [
    { title: "NAME", cell: ({ name }) => name },
    { title: "BACKUP", cell: backupOf },
    {
      title: "STATUS",
      cell: phaseOf,
      paint: (text, listing) =>
        text.replace(phaseOf(listing), (word) => paintPhase(style.painter, word)),
    },
    {
      title: "STARTED",
      cell: (listing) => localTime(startedAt(listing), style),
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
    ...(hasNotes ? [{ title: "SINCE", cell: noteOf }] : []),
  ];
}
