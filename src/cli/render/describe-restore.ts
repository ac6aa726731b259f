import type { ItemOperation } from "../../api/item-operation.ts";
import { annotations } from "../../api/labels.ts";
import type { Restore } from "../../api/restore.ts";
import type { RestoreAftermath } from "../../catalog/restore-aftermath.ts";
import { readBackOf } from "../../format/read-back.ts";
import type { Results } from "../../format/results.ts";
import { count } from "./amounts.ts";
import { type DescribeStyle, policyLines, validation } from "./describe-backup.ts";
import { restoreOperationLines } from "./describe-operations.ts";
import { resourceListLines, resultLines } from "./describe-results.ts";
import { selectionLines } from "./describe-selection.ts";
import { type DescriptionLine, listed, pairs, renderDescription, triState } from "./description.ts";
import { doingLines, withoutDoing } from "./doing-lines.ts";
import { localTime } from "./local-time.ts";
import { paintPhase } from "./painter.ts";
import { readBackLines } from "./read-back-text.ts";
import { aftermathLines } from "./restore-aftermath.ts";
import { shownPhase } from "./restore-table.ts";

/** All that is known of one restore. */
export interface DescribedRestore {
  readonly restore: Restore;
  readonly aftermath: RestoreAftermath;
  /** Undefined: the file is missing. */
  readonly results: Results | undefined;
  /** Item operations; only with `--details`. */
  readonly operations?: readonly ItemOperation[] | undefined;
  /** Volume info as Velero writes it; only with `--details`. */
  readonly volumes?: readonly VolumeInfo[] | undefined;
  /** Only with `--details`. */
  readonly resources: ReadonlyMap<string, readonly string[]> | undefined;
  /** The time at which it goes on; undefined: it has ended. */
  readonly goesOnAt?: Date;
}

/** What is shown in words is not shown as JSON too. */
function shownAnnotations(all: Readonly<Record<string, string>> = {}) {
  const shown = Object.entries(withoutDoing(all));
  return Object.fromEntries(shown.filter(([key]) => key !== annotations.readBack));
}

/** Velero's layout. */
export function describeRestore(described: DescribedRestore, style: DescribeStyle): string {
  const { restore, aftermath, results, resources, goesOnAt } = described;
  const { metadata, spec, status } = restore;
  const phase = shownPhase(restore);
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
    { key: "Annotations", value: pairs(shownAnnotations(metadata.annotations)) },
    "",
    { key: "Phase", value: `${paintPhase(style.painter, phase)}${hint}` },
    ...(goesOnAt === undefined ? [] : doingLines("restore", restore, goesOnAt)),
    { key: "Total items to be restored", value: count(status.progress?.totalItems ?? 0) },
    { key: "Items restored", value: count(status.progress?.itemsRestored ?? 0) },
    ...(status.failureReason === undefined
      ? []
      : [{ key: "Failure reason", value: status.failureReason }]),
    "",
    { key: "Started", value: time(status.startTimestamp) },
    { key: "Completed", value: time(status.completionTimestamp) },
    "",
    ...aftermathLines(metadata.name, aftermath, style),
    ...validation(status.validationErrors),
    ...readBackLines(readBackOf(restore), style.details),
    ...resultLines("Warnings", status.warnings ?? 0, results?.warnings, style.details),
    ...resultLines("Errors", status.errors ?? 0, results?.errors, style.details),
    { key: "Backup", value: spec.backupName ?? "<none>" },
    "",
    ...selectionLines(spec),
    "",
    { key: "Namespace mappings", value: listed(mapping) },
    "",
    { key: "Restore PVs", value: triState(spec.restorePVs) },
    ...policyLines(restore),
    { key: "Existing Resource Policy", value: existingPolicy(restore) },
    { key: "Preserve Service NodePorts", value: triState(spec.preserveNodePorts) },
    {
      key: "Restore status of",
      value: statusOf === undefined ? "<none>" : listed(statusOf.includedResources),
    },
    ...settingLines(spec),
    ...hookLines(restore),
    ...operationSection(described, style),
    ...volumeSection(described),
    ...(style.details ? ["" as const, ...resourceListLines(resources)] : []),
  ]);
}

/** Ours stands in an annotation, where Velero's spec says `none`. */
function existingPolicy({ metadata, spec }: Restore): string {
  const own = metadata.annotations?.[annotations.existingResourcePolicy];
  return own || spec.existingResourcePolicy || "<none>";
}

/** As Velero: where they were given. */
function settingLines({
  itemOperationTimeout,
  uploaderConfig,
}: Restore["spec"]): readonly DescriptionLine[] {
  const { writeSparseFiles, parallelFilesDownload } = uploaderConfig ?? {};
  return [
    ...(itemOperationTimeout === undefined
      ? []
      : [{ key: "ItemOperationTimeout", value: itemOperationTimeout }]),
    ...(writeSparseFiles === undefined
      ? []
      : [{ key: "Write Sparse Files", value: String(writeSparseFiles) }]),
    ...(parallelFilesDownload === undefined
      ? []
      : [{ key: "Parallel Files Download", value: count(parallelFilesDownload) }]),
  ];
}

function operationSection(
  { restore, operations }: DescribedRestore,
  style: DescribeStyle,
): readonly DescriptionLine[] {
  const lines = restoreOperationLines(restore, operations, style);
  return lines.length === 0 ? [] : ["", ...lines.slice(0, -1)];
}

type VolumeInfo = Readonly<Record<string, unknown>>;

function volumeSection({ volumes = [] }: DescribedRestore): readonly DescriptionLine[] {
  const natives = volumes.flatMap(nativeLine);
  const snapshots = volumes.flatMap(snapshotLine);
  return [
    ...(natives.length === 0
      ? []
      : ["" as const, { text: "Volumes made of native snapshots:" }, ...natives]),
    ...(snapshots.length === 0
      ? []
      : ["" as const, { text: "Claims made of CSI snapshots:" }, ...snapshots]),
  ];
}

const text = (value: unknown): string => (typeof value === "string" && value ? value : "-");

function snapshotLine(info: VolumeInfo): readonly DescriptionLine[] {
  const snapshot = info["csiSnapshotInfo"] as VolumeInfo | undefined;
  if (info["restoreMethod"] !== "CSISnapshot" || snapshot === undefined) return [];
  const { snapshotHandle, driver } = snapshot;
  const claim = `${text(info["pvcNamespace"])}/${text(info["pvcName"])}`;
  const how = `driver ${text(driver)}, volume ${text(info["pvName"])}`;
  return [{ text: `  ${claim}: snapshot ${text(snapshotHandle)}, ${how}` }];
}

function nativeLine(info: VolumeInfo): readonly DescriptionLine[] {
  const native = info["nativeSnapshotInfo"] as VolumeInfo | undefined;
  if (info["restoreMethod"] !== "NativeSnapshot" || native === undefined) return [];
  const place = [info["pvcNamespace"], info["pvcName"]].filter(Boolean).join("/");
  const claim = place === "" ? "" : ` (claim ${place})`;
  const { snapshotHandle, volumeType, volumeAZ } = native;
  const how = `type ${text(volumeType)}, zone ${text(volumeAZ)}`;
  const of = `${text(info["pvName"])}${claim}: snapshot ${text(snapshotHandle)}, ${how}`;
  return [{ text: `  ${of}` }];
}

/** As Velero has them: only where there were hooks. */
function hookLines({ status }: Restore): readonly DescriptionLine[] {
  const { hooksAttempted, hooksFailed = 0 } = status.hookStatus ?? {};
  if (hooksAttempted === undefined) return [];
  return [
    "",
    { key: "HooksAttempted", value: count(hooksAttempted) },
    { key: "HooksFailed", value: count(hooksFailed) },
  ];
}
