import type { backupKind } from "../../api/backup.ts";
import type { ResourceOf } from "../../api/custom-resource.ts";
import { annotations } from "../../api/labels.ts";
import { formatLabelSelector } from "../../domain/label-selector.ts";
import { count } from "./amounts.ts";
import { expiry } from "./backup-table.ts";
import { localTime, type TimeStyle } from "./local-time.ts";
import { type Painter, paintPhase } from "./painter.ts";
import { type Column, renderTable } from "./table.ts";

type Backup = ResourceOf<typeof backupKind>;

export interface BackupResourcesStyle extends TimeStyle {
  /** The server's. */
  readonly namespace: string;
  readonly now: Date;
  readonly painter: Painter;
}

/** The table of `backup get` in server mode: Velero's columns, as far as it goes in the standalone order. */
export function renderBackupResources(
  backups: readonly Backup[],
  style: BackupResourcesStyle,
): string {
  if (backups.length === 0) return `no backups in namespace ${style.namespace}\n`;
  return renderTable(columns(style), backups);
}

/** The phase as it stands, or that somebody deletes or has stopped it. */
export function shownBackupPhase({ metadata, status }: Backup): string {
  if (status?.phase === "Failed" && metadata.annotations?.[annotations.outcome] === "cancelled") {
    return "Cancelled";
  }
  const phase = status?.phase ?? "New";
  const position = status?.queuePosition ?? 0;
  return phase === "Queued" && position > 0 ? `Queued (${count(position)})` : phase;
}

function columns(style: BackupResourcesStyle): readonly Column<Backup>[] {
  return [
    { title: "NAME", cell: ({ metadata }) => metadata.name },
    {
      title: "STATUS",
      cell: shownBackupPhase,
      paint: (text, backup) =>
        text.replace(shownBackupPhase(backup), (word) => paintPhase(style.painter, word)),
    },
    { title: "ERRORS", cell: ({ status }) => count(status?.errors ?? 0), align: "right" },
    { title: "WARNINGS", cell: ({ status }) => count(status?.warnings ?? 0), align: "right" },
    {
      title: "CREATED",
      cell: ({ metadata, status }) =>
        localTime(status?.startTimestamp ?? metadata.creationTimestamp ?? undefined, style),
    },
    { title: "EXPIRES", cell: ({ status }) => expiry(status?.expiration, style.now) },
    { title: "LOCATION", cell: ({ spec }) => spec.storageLocation ?? "" },
    {
      title: "OBJECTS",
      cell: ({ status }) =>
        status?.progress?.itemsBackedUp === undefined ? "-" : count(status.progress.itemsBackedUp),
      align: "right",
    },
    {
      title: "SELECTOR",
      cell: ({ spec }) =>
        spec.labelSelector === undefined ? "<none>" : formatLabelSelector(spec.labelSelector),
    },
  ];
}
