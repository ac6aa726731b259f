import { annotations } from "../../api/labels.ts";
import type { BackupListing } from "../../catalog/list-backups.ts";
import type { RunOutcome, UnsealedRun } from "../../catalog/unsealed-backup.ts";
import { count, counted } from "./amounts.ts";
import { localTime, type TimeStyle } from "./local-time.ts";
import { type Painter, paintPhase } from "./painter.ts";
import { type Column, renderTable } from "./table.ts";

export interface BackupTableStyle extends TimeStyle {
  readonly location: string;
  readonly now: Date;
  readonly painter: Painter;
}

/** The table of `backup get`; what cannot be read stands in it and is explained below it. */
export function renderBackupTable(
  listings: readonly BackupListing[],
  style: BackupTableStyle,
): string {
  if (listings.length === 0) return `no backups in ${style.location}\n`;
  const text = renderTable(columns(style), listings);
  const unreadable = listings.flatMap((listing) =>
    listing.state === "unreadable" ? [`  ${listing.name}: ${listing.error.message}`] : [],
  );
  const left = listings.filter(
    (one) => one.state === "interrupted" && one.run.outcome !== "running",
  );
  return [
    text,
    unreadable.length === 0
      ? ""
      : `\n${counted(unreadable.length, "entry", "entries")} could not be read:\n${unreadable.join("\n")}\n`,
    left.length === 0
      ? ""
      : `\n${counted(left.length, "entry is", "entries are")} no backup: the run ended before the seal, or goes on elsewhere. What it says of itself: ark-ts backup describe NAME. To clear what a dead run left: ark-ts backup discard NAME\n`,
  ].join("");
}

function columns(style: BackupTableStyle): readonly Column<BackupListing>[] {
  const { painter, location } = style;
  return [
    { title: "NAME", cell: ({ name }) => name },
    {
      title: "STATUS",
      cell: statusOf,
      paint: (text, listing) =>
        text.replace(statusOf(listing), (word) => paintPhase(painter, word)),
    },
    {
      title: "ERRORS",
      cell: sealedText((backup) => count(backup.status.errors ?? 0)),
      align: "right",
    },
    {
      title: "WARNINGS",
      cell: sealedText((backup) => count(backup.status.warnings ?? 0)),
      align: "right",
    },
    { title: "CREATED", cell: (listing) => localTime(createdAt(listing), style) },
    { title: "EXPIRES", cell: sealedText((backup) => expiry(backup.status.expiration, style.now)) },
    { title: "LOCATION", cell: () => location },
    { title: "CLUSTER", cell: clusterOf },
    { title: "OBJECTS", cell: objectsOf, align: "right" },
  ];
}

type Sealed = Extract<BackupListing, { readonly state: "sealed" }>;

function sealedText(
  cell: (backup: Sealed["backup"]) => string,
): (listing: BackupListing) => string {
  return (listing) => (listing.state === "sealed" ? cell(listing.backup) : "-");
}

const phases: Readonly<Record<RunOutcome, string>> = {
  running: "InProgress",
  failed: "Failed",
  cancelled: "Cancelled",
  died: "Interrupted",
  open: "Interrupted",
};

/** The status of a run without seal, in Velero's words where it has one. */
export function phaseOfRun({ outcome }: UnsealedRun): string {
  return phases[outcome];
}

export function statusOf(listing: BackupListing): string {
  if (listing.state === "unreadable") return "Unreadable";
  if (listing.state === "interrupted") return phaseOfRun(listing.run);
  return listing.backup.status.phase ?? "New";
}

function createdAt(listing: BackupListing): string | undefined {
  if (listing.state === "unreadable") return undefined;
  if (listing.state === "interrupted") return listing.run.startedAt;
  return (
    listing.backup.status.startTimestamp ?? listing.backup.metadata.creationTimestamp ?? undefined
  );
}

/** Velero's short form: `29d`, `4h`, `2d ago`, `n/a`. */
export function expiry(expiration: string | undefined, now: Date): string {
  const at = Date.parse(expiration ?? "");
  if (Number.isNaN(at)) return "n/a";
  const minutes = Math.round(Math.abs(at - now.getTime()) / 60_000);
  const text =
    minutes >= 2880
      ? `${Math.floor(minutes / 1440)}d`
      : minutes >= 120
        ? `${Math.floor(minutes / 60)}h`
        : `${minutes}m`;
  return at < now.getTime() ? `${text} ago` : text;
}

/** The first digits of the cluster's id and its version; what is known of it. */
function clusterOf(listing: BackupListing): string {
  if (listing.state !== "sealed") return "-";
  const version = listing.backup.metadata.annotations?.[annotations.sourceGitVersion];
  const id = listing.manifest?.cluster.id.slice(0, 8);
  return [id, version].filter((part) => part !== undefined && part !== "").join(" ") || "-";
}

function objectsOf(listing: BackupListing): string {
  if (listing.state !== "sealed") return "-";
  const objects = listing.manifest?.objects ?? listing.backup.status.progress?.itemsBackedUp;
  return objects === undefined ? "-" : count(objects);
}
