import type { BackupStorageLocation } from "../../api/backup-storage-location.ts";
import type { VolumeSnapshotLocation } from "../../api/volume-snapshot-location.ts";
import { localTime, type TimeStyle } from "./local-time.ts";
import { renderTable } from "./table.ts";

export interface LocationResourcesStyle extends TimeStyle {
  /** The server's. */
  readonly namespace: string;
}

/** The table of `backup-location get` in server mode, with Velero's columns; why one is unavailable stands below. */
export function renderLocationResources(
  locations: readonly BackupStorageLocation[],
  style: LocationResourcesStyle,
): string {
  if (locations.length === 0) return `no backup locations in namespace ${style.namespace}\n`;
  const table = renderTable<BackupStorageLocation>(
    [
      { title: "NAME", cell: ({ metadata }) => metadata.name },
      { title: "PROVIDER", cell: ({ spec }) => spec.provider },
      {
        title: "BUCKET/PREFIX",
        cell: ({ spec: { objectStorage } }) =>
          [objectStorage.bucket, objectStorage.prefix ?? ""]
            .filter((part) => part !== "")
            .join("/"),
      },
      { title: "PHASE", cell: ({ status }) => status?.phase ?? "Unknown" },
      {
        title: "LAST VALIDATED",
        cell: ({ status }) => localTime(status?.lastValidationTime, style),
      },
      { title: "ACCESS MODE", cell: ({ spec }) => spec.accessMode ?? "ReadWrite" },
      { title: "DEFAULT", cell: ({ spec }) => (spec.default === true ? "true" : "") },
    ],
    locations,
  );
  const reasons = locations.flatMap(({ metadata, status }) =>
    status?.phase === "Unavailable" && (status.message ?? "") !== ""
      ? [`  ${metadata.name}: ${status.message}`]
      : [],
  );
  return reasons.length === 0 ? table : `${table}\n${reasons.join("\n")}\n`;
}

/** The table of `snapshot-location get`. */
export function renderSnapshotLocations(
  locations: readonly VolumeSnapshotLocation[],
  style: LocationResourcesStyle,
): string {
  if (locations.length === 0) return `no snapshot locations in namespace ${style.namespace}\n`;
  return renderTable<VolumeSnapshotLocation>(
    [
      { title: "NAME", cell: ({ metadata }) => metadata.name },
      { title: "PROVIDER", cell: ({ spec }) => spec.provider },
    ],
    locations,
  );
}
