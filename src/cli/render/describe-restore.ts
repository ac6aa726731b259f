import type { Restore } from "../../api/restore.ts";
import type { Results } from "../../format/results.ts";
import { count } from "./amounts.ts";
import { type DescribeStyle, validation } from "./describe-backup.ts";
import { resourceListLines, resultLines } from "./describe-results.ts";
import { selectionLines } from "./describe-selection.ts";
import { listed, pairs, renderDescription, triState } from "./description.ts";
import { localTime } from "./local-time.ts";
import { paintPhase } from "./painter.ts";

/** All that is known of one restore. */
export interface DescribedRestore {
  readonly restore: Restore;
  /** Undefined: the file is missing. */
  readonly results: Results | undefined;
  /** Only with `--details`. */
  readonly resources: ReadonlyMap<string, readonly string[]> | undefined;
}

/** Velero's layout. */
export function describeRestore(described: DescribedRestore, style: DescribeStyle): string {
  const { restore, results, resources } = described;
  const { metadata, spec, status } = restore;
  const phase = status.phase ?? "New";
  const hint =
    phase === "Failed" || phase === "PartiallyFailed"
      ? `  (run \`ark-ts restore logs ${metadata.name}\` for more)`
      : "";
  const time = (value: string | undefined) =>
    value === undefined ? "<n/a>" : localTime(value, style);
  const mapping = Object.entries(spec.namespaceMapping ?? {}).map(([from, to]) => `${from}=${to}`);
  const statusOf = spec.restoreStatus;
  return renderDescription([
    { key: "Name", value: metadata.name },
    { key: "Namespace", value: metadata.namespace ?? "<none>" },
    { key: "Labels", value: pairs(metadata.labels) },
    { key: "Annotations", value: pairs(metadata.annotations) },
    "",
    { key: "Phase", value: `${paintPhase(style.painter, phase)}${hint}` },
    { key: "Total items to be restored", value: count(status.progress?.totalItems ?? 0) },
    { key: "Items restored", value: count(status.progress?.itemsRestored ?? 0) },
    ...(status.failureReason === undefined
      ? []
      : [{ key: "Failure reason", value: status.failureReason }]),
    "",
    { key: "Started", value: time(status.startTimestamp) },
    { key: "Completed", value: time(status.completionTimestamp) },
    "",
    ...validation(status.validationErrors),
    ...resultLines("Warnings", status.warnings ?? 0, results?.warnings, style.details),
    ...resultLines("Errors", status.errors ?? 0, results?.errors, style.details),
    { key: "Backup", value: spec.backupName ?? "<none>" },
    "",
    ...selectionLines(spec),
    "",
    { key: "Namespace mappings", value: listed(mapping) },
    "",
    { key: "Restore PVs", value: triState(spec.restorePVs) },
    { key: "Existing Resource Policy", value: spec.existingResourcePolicy || "<none>" },
    { key: "Preserve Service NodePorts", value: triState(spec.preserveNodePorts) },
    {
      key: "Restore status of",
      value: statusOf === undefined ? "<none>" : listed(statusOf.includedResources),
    },
    ...(style.details ? ["" as const, ...resourceListLines(resources)] : []),
  ]);
}
