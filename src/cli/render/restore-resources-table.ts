import type { ResourceOf } from "../../api/custom-resource.ts";
import { annotations } from "../../api/labels.ts";
import type { restoreKind } from "../../api/restore.ts";
import { formatLabelSelector } from "../../domain/label-selector.ts";
import { count } from "./amounts.ts";
import { localTime, type TimeStyle } from "./local-time.ts";
import { type Painter, paintPhase } from "./painter.ts";
import { type Column, renderTable } from "./table.ts";

type Restore = ResourceOf<typeof restoreKind>;

export interface RestoreResourcesStyle extends TimeStyle {
  /** The server's. */
  readonly namespace: string;
  readonly painter: Painter;
}

/** The table of `restore get` in server mode: that of standalone, and Velero's CREATED and SELECTOR. */
export function renderRestoreResources(
  restores: readonly Restore[],
  style: RestoreResourcesStyle,
): string {
  if (restores.length === 0) return `no restores in namespace ${style.namespace}\n`;
  return renderTable(columns(style), restores);
}

interface MaybeTerminating {
  readonly deletionTimestamp?: string;
}

/** The phase, and ` (Deleting)` where it waits for its files to be deleted, as Velero shows it. */
function shownPhase({ metadata, status }: Restore): string {
  const isCancelled =
    status?.phase === "Failed" && metadata.annotations?.[annotations.outcome] === "cancelled";
  const phase = isCancelled ? "Cancelled" : (status?.phase ?? "New");
  const { deletionTimestamp } = metadata as MaybeTerminating;
  return deletionTimestamp === undefined ? phase : `${phase} (Deleting)`;
}

function columns(style: RestoreResourcesStyle): readonly Column<Restore>[] {
  return [
    { title: "NAME", cell: ({ metadata }) => metadata.name },
    { title: "BACKUP", cell: ({ spec }) => spec.backupName ?? "" },
    {
      title: "STATUS",
      cell: shownPhase,
      paint: (text, restore) =>
        text.replace(shownPhase(restore), (word) => paintPhase(style.painter, word)),
    },
    { title: "STARTED", cell: ({ status }) => localTime(status?.startTimestamp, style) },
    { title: "COMPLETED", cell: ({ status }) => localTime(status?.completionTimestamp, style) },
    { title: "ERRORS", cell: ({ status }) => count(status?.errors ?? 0), align: "right" },
    { title: "WARNINGS", cell: ({ status }) => count(status?.warnings ?? 0), align: "right" },
    { title: "CREATED", cell: ({ metadata }) => localTime(metadata.creationTimestamp, style) },
    {
      title: "SELECTOR",
      cell: ({ spec }) =>
        spec.labelSelector === undefined ? "<none>" : formatLabelSelector(spec.labelSelector),
    },
  ];
}
