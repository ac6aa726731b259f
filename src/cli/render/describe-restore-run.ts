import { describeOwner } from "../../catalog/name-claim.ts";
import type { UnrecordedRestore } from "../../catalog/unrecorded-restore.ts";
import { howToContinue } from "../../domain/restore/continue-command.ts";
import type { Results } from "../../format/results.ts";
import { count } from "./amounts.ts";
import type { DescribeStyle } from "./describe-backup.ts";
import { resultLines } from "./describe-results.ts";
import { type DescriptionLine, renderDescription } from "./description.ts";
import { localTime } from "./local-time.ts";
import { paintPhase } from "./painter.ts";
import { backupOfRun, phaseOfRestoreRun, shownRun } from "./restore-table.ts";

/** All that is known of a restore without record. */
export interface DescribedRestoreRun {
  readonly run: UnrecordedRestore;
  /** From its journal; undefined where there is none. */
  readonly written:
    | {
        readonly objects: number;
        /** Whether these were written is not known. */
        readonly inDoubt: number;
      }
    | undefined;
  /** Of one that has `ended`. */
  readonly results: Results | undefined;
  readonly location: string;
}

/** What became of a restore that has no record, and what it says of itself. */
export function describeRestoreRun(described: DescribedRestoreRun, style: DescribeStyle): string {
  const { run, written, results, location } = described;
  const { name, record, writtenAt } = run;
  const known: DescriptionLine[] = [];
  if (record !== undefined) {
    known.push({ key: "Run by", value: describeOwner(record.owner) });
    known.push({ key: "Asked for", value: JSON.stringify(record.spec) });
    known.push({ key: "Started", value: localTime(record.startedAt, style) });
  }
  if (writtenAt !== undefined) {
    known.push({ key: "Files written", value: localTime(writtenAt, style) });
  }
  return renderDescription([
    { key: "Name", value: name },
    "",
    { key: "Phase", value: paintPhase(style.painter, phaseOfRestoreRun(run)) },
    { key: "Restore", value: whatBecameOfIt(run) },
    ...(written === undefined
      ? []
      : [{ key: "Objects written", value: writtenText(written.objects, written.inDoubt) }]),
    "",
    ...resultLines("Warnings", 0, results?.warnings, style.details),
    ...resultLines("Errors", 0, results?.errors, style.details),
    { key: "Backup", value: backupOfRun(run) ?? "<unknown>" },
    ...known,
    { key: "Storage Location", value: location },
  ]);
}

function whatBecameOfIt({ name, outcome, record }: UnrecordedRestore): string {
  const continuing = `${howToContinue(record)}; to give it up: ark-ts restore discard ${name}`;
  switch (outcome) {
    case "running":
      return "not ended yet: the run goes on";
    case "died":
      return `cut off: its process is gone; ${continuing}`;
    case "open":
      return record === undefined
        ? "cut off, or goes on elsewhere: the record of who runs it cannot be read"
        : `cut off, or goes on elsewhere: its process is not of this machine; ${continuing}`;
    case "ended":
      return `it has files but no record of ark-ts: it is Velero's, or its record could not be written (see ark-ts restore logs ${name})`;
  }
}

function writtenText(objects: number, inDoubt: number): string {
  const doubt = inDoubt === 0 ? "" : `, and perhaps ${count(inDoubt)} more that were under way`;
  return `${count(objects)}${doubt}`;
}

/** The same for json and yaml. */
export function restoreRunDescriptionJson({
  run,
  written,
  results,
  location,
}: DescribedRestoreRun): unknown {
  const { name, ...shown } = shownRun(run);
  return {
    metadata: { name },
    ...shown,
    location,
    warnings: results?.warnings ?? {},
    errors: results?.errors ?? {},
    ...(run.writtenAt !== undefined && { filesWrittenAt: run.writtenAt }),
    ...(written !== undefined && { written }),
  };
}
