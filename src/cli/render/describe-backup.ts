import type { Backup } from "../../api/backup.ts";
import type { ItemOperation } from "../../api/item-operation.ts";
import { annotations } from "../../api/labels.ts";
import type { Restore } from "../../api/restore.ts";
import type { StoredThaw } from "../../catalog/thaw-records.ts";
import type { Manifest } from "../../format/manifest.ts";
import type { Results } from "../../format/results.ts";
import type { VolumeRecord } from "../../format/volume-coverage.ts";
import type { BackupSurvey } from "../survey-backup.ts";
import { count, counted, size } from "./amounts.ts";
import { cutText, volumesText } from "./backup-report.ts";
import { changeLines } from "./describe-changes.ts";
import { cutLines } from "./describe-cut.ts";
import { hookSpecLines } from "./describe-hooks.ts";
import { operationLines } from "./describe-operations.ts";
import { resourceListLines, resultLines } from "./describe-results.ts";
import { selectionLines } from "./describe-selection.ts";
import { type DescriptionLine, pairs, renderDescription, triState } from "./description.ts";
import { doingLines, withoutDoing } from "./doing-lines.ts";
import { localTime, type TimeStyle } from "./local-time.ts";
import { type Painter, paintPhase } from "./painter.ts";
import { frozenLines } from "./thaw-text.ts";
import { coverageText } from "./volume-coverage.ts";

/** All that is known of one backup. */
export interface DescribedBackup {
  readonly backup: Backup;
  /** Undefined: not written by ark-ts. */
  readonly manifest: Manifest | undefined;
  /** Undefined: the file is missing. */
  readonly results: Results | undefined;
  /** Undefined: the backup has no list of them. */
  readonly volumes: readonly VolumeRecord[] | undefined;
  /** Of item actions; undefined: the file is missing, or without `--details`. */
  readonly operations?: readonly ItemOperation[] | undefined;
  /** Only with `--details`. */
  readonly resources: ReadonlyMap<string, readonly string[]> | undefined;
  readonly location: string;
  /** Post hooks that it still owes. */
  readonly thaws: readonly StoredThaw[];
  /** Flags with which a command reaches where they are recorded; absent: those of this command. */
  readonly thawPlace?: string;
  /** Undefined: not written by ark-ts. */
  readonly survey?: BackupSurvey | undefined;
  /** Files came from a server, and no manifest with them: whether there is one is not known. */
  readonly handedOut?: true;
  /** The time at which it goes on; undefined: it has ended. */
  readonly goesOnAt?: Date;
}

export interface DescribeStyle extends TimeStyle {
  readonly painter: Painter;
  readonly details: boolean;
}

/** Velero's layout, and what only our manifest knows: archive, cluster, cut, coverage. */
export function describeBackup(described: DescribedBackup, style: DescribeStyle): string {
  const { backup, results, resources, goesOnAt } = described;
  const { metadata, spec, status } = backup;
  const phase = status.phase ?? "New";
  const hint =
    phase === "Failed" || phase === "PartiallyFailed"
      ? `  (run \`ark-ts backup logs ${metadata.name}\` for more)`
      : "";
  return renderDescription([
    { key: "Name", value: metadata.name },
    { key: "Namespace", value: metadata.namespace ?? "<none>" },
    { key: "Labels", value: pairs(metadata.labels) },
    { key: "Annotations", value: pairs(withoutDoing(metadata.annotations)) },
    "",
    { key: "Phase", value: `${paintPhase(style.painter, phase)}${hint}` },
    ...(goesOnAt === undefined ? [] : doingLines("backup", backup, goesOnAt)),
    "",
    ...policyLines(backup),
    ...validation(status.validationErrors),
    ...resultLines("Warnings", status.warnings ?? 0, results?.warnings, style.details),
    ...resultLines("Errors", status.errors ?? 0, results?.errors, style.details),
    ...selectionLines(spec),
    "",
    { key: "Storage Location", value: described.location },
    "",
    { key: "Velero-Native Snapshot PVs", value: triState(spec.snapshotVolumes) },
    ...(spec.snapshotMoveData === undefined
      ? []
      : [{ key: "Snapshot Move Data", value: String(spec.snapshotMoveData) }]),
    "",
    { key: "TTL", value: spec.ttl ?? "<none>" },
    ...(spec.itemOperationTimeout === undefined
      ? []
      : [{ key: "ItemOperationTimeout", value: spec.itemOperationTimeout }]),
    "",
    ...hookLines(backup),
    "",
    ...frozenLines(described.thaws, style, described.thawPlace),
    ...timeLines(backup, style),
    "",
    ...operationLines(backup, described.operations, style),
    ...ownLines(described, style),
    ...(style.details ? ["" as const, ...resourceListLines(resources)] : []),
  ]);
}

function hookLines({ spec, status }: Backup): readonly DescriptionLine[] {
  const { hooksAttempted, hooksFailed = 0 } = status.hookStatus ?? {};
  return [
    ...hookSpecLines(spec),
    ...(hooksAttempted === undefined
      ? []
      : [
          { key: "HooksAttempted", value: count(hooksAttempted) },
          { key: "HooksFailed", value: count(hooksFailed) },
        ]),
  ];
}

/** As Velero, and which they were: a file stands in no field of a Backup or Restore. */
export function policyLines({ metadata, spec }: Backup | Restore): readonly DescriptionLine[] {
  const reference = spec.resourcePolicy;
  const from = metadata.annotations?.[annotations.resourcePolicies];
  if (reference === undefined && from === undefined) return [];
  return [
    { text: "Resource policies:" },
    { key: "Type", value: reference?.kind ?? "file", indent: 2 },
    { key: "Name", value: reference?.name ?? from?.replace(/^file /, "") ?? "<none>", indent: 2 },
    "",
  ];
}

export function validation(errors: readonly string[] | undefined): readonly DescriptionLine[] {
  if (errors === undefined || errors.length === 0) return [];
  return [{ key: "Validation errors", value: errors.join("\n") }, ""];
}

function timeLines({ status }: Backup, style: DescribeStyle): readonly DescriptionLine[] {
  const { progress } = status;
  const time = (value: string | undefined) =>
    value === undefined ? "<n/a>" : localTime(value, style);
  return [
    { key: "Backup Format Version", value: status.formatVersion ?? "<n/a>" },
    { key: "Started", value: time(status.startTimestamp) },
    { key: "Completed", value: time(status.completionTimestamp) },
    { key: "Expiration", value: time(status.expiration) },
    { key: "Total items to be backed up", value: count(progress?.totalItems ?? 0) },
    { key: "Items backed up", value: count(progress?.itemsBackedUp ?? 0) },
    ...(status.failureReason === undefined
      ? []
      : [{ key: "Failure reason", value: status.failureReason }]),
  ];
}

/** Who took part from outside, by name, kind, version and digest of the program. */
function pluginLines({ plugins = [] }: Manifest): readonly DescriptionLine[] {
  if (plugins.length === 0) return [];
  return [
    { text: "Plugins:" },
    ...plugins.map(({ kind, name, program, version = "no version", sha256 }) => ({
      text: `  ${name} (${kind}): ${program}, ${version}, sha256 ${sha256}`,
    })),
  ];
}

function ownLines(
  { manifest, survey, volumes, handedOut }: DescribedBackup,
  style: DescribeStyle,
): readonly DescriptionLine[] {
  if (handedOut === true) return [];
  if (manifest === undefined) {
    return [
      {
        key: "Manifest",
        value: "<none>: not written by ark-ts, so its bytes have no hashes to be compared with",
      },
    ];
  }
  const { archive, cluster, kinds } = manifest;
  const objects = kinds.reduce((sum, kind) => sum + kind.count, 0);
  const kept = kinds.filter((kind) => kind.count > 0);
  const source =
    cluster.idSource === "kube-system-uid" ? "uid of kube-system" : "digest of the API server";
  return [
    { key: "Cluster", value: `${cluster.id} (${source}), Kubernetes ${cluster.gitVersion}` },
    {
      key: "Archive",
      value: `${size(archive.sizeBytes)} in ${counted(archive.parts.length, "part")} and ${counted(archive.members.length, "member")}\nsha256 ${archive.sha256}`,
    },
    ...(survey?.cut === undefined
      ? [{ key: "Cut", value: cutText(manifest) }]
      : cutLines(manifest, survey.cut, style)),
    {
      key: "Coverage",
      value: `${counted(objects, "object")} of ${counted(kept.length, "kind")}; ${counted(kinds.length, "kind")} listed`,
    },
    {
      key: "Volumes",
      value: coverageText(volumes ?? [], style.details) ?? volumesText(manifest) ?? "no claims",
    },
    { key: "Written by", value: `ark-ts ${manifest.engineVersion}, run ${manifest.runUid}` },
    ...(survey?.comparison === undefined ? [] : changeLines(survey.comparison, style)),
    ...(style.details ? pluginLines(manifest) : []),
    ...(style.details
      ? [
          { text: "Kinds:" },
          ...kept.map((kind) => ({
            key: `${kind.resource} ${kind.version}`,
            value: count(kind.count),
            indent: 2,
          })),
        ]
      : []),
  ];
}
