import { type BackupSpec, backupSpec } from "../api/backup.ts";
import { misshapen } from "../api/misshapen.ts";
import type { Finding } from "../api/results.ts";
import { flag, record, text, textMap } from "../api/schema.ts";
import type { OptOuts } from "../backup/opt-outs.ts";
import type { BackupPreview } from "../backup/preview/preview-backup.ts";
import type { PreviewHook } from "../backup/preview/preview-hooks.ts";
import type { KindTally } from "../backup/preview/tally-objects.ts";
import { annotationViolations, labelViolations } from "../domain/metadata-checks.ts";
import type { ClusterMarks } from "../domain/same-cluster.ts";
import type { VolumeRecord } from "../format/volume-coverage.ts";
import { ArkError } from "../lib/errors.ts";
import { kindOfDocument } from "./kind-of-document.ts";

/** What `backup plan` prints as JSON and saves; docs/plan.md specifies it. */
export interface PlanDocument {
  readonly apiVersion: "ark-ts.dev/v1";
  readonly kind: "BackupPlan";
  readonly metadata: { readonly name: string };
  /** RFC 3339. */
  readonly plannedAt: string;
  readonly engineVersion: string;
  readonly planSha256: string;
  readonly cluster: ClusterMarks & { readonly gitVersion: string };
  readonly backup: PlannedBackup;
  readonly totals: {
    readonly objects: number;
    readonly bytes: number;
    readonly kindsListed: number;
    readonly kindsInScope: number;
  };
  /** Revisions at which kinds were listed. */
  readonly cuts: readonly { readonly resourceVersion: string; readonly takenAt: string }[];
  readonly kinds: readonly KindTally[];
  /** Further versions in which their objects would be stored; absent: none is asked for. */
  readonly versions?: BackupPreview["versions"];
  readonly leftOut: readonly { readonly resource: string; readonly reason: string }[];
  /** By the label `velero.io/exclude-from-backup`; absent: nothing. */
  readonly optedOut?: OptOuts;
  readonly volumes: readonly VolumeRecord[];
  /** Who would make native snapshots, and of which volumes; absent: nobody. */
  readonly natives?: BackupPreview["natives"];
  readonly hooks: readonly PreviewHook[];
  readonly findings: readonly Finding[];
}

/** All that `backup create --plan` needs to do the same. */
export interface PlannedBackup {
  readonly spec: BackupSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly requireCoverage: boolean;
  /** Absent: false. */
  readonly allApiVersions?: boolean;
  /** Resource policies as they were read; absent: none. */
  readonly policies?: { readonly where: string; readonly text: string };
}

export function planDocument(preview: BackupPreview): PlanDocument {
  const { request, plan, identity } = preview;
  const { spec, labels, annotations, policies, requireCoverage = false, allApiVersions } = request;
  return {
    apiVersion: "ark-ts.dev/v1",
    kind: "BackupPlan",
    metadata: { name: request.name },
    plannedAt: preview.at.toISOString(),
    engineVersion: request.engineVersion,
    planSha256: preview.planSha256,
    cluster: {
      id: identity.id,
      serverSha256: identity.serverSha256,
      gitVersion: identity.gitVersion,
    },
    backup: {
      ...{ spec, labels, annotations, requireCoverage },
      ...(allApiVersions === true && { allApiVersions }),
      ...(policies?.kind === "text" && {
        policies: { where: policies.where, text: policies.text },
      }),
    },
    totals: {
      objects: preview.objects,
      bytes: preview.bytes,
      kindsListed: preview.kindsListed,
      kindsInScope: plan.kinds.length,
    },
    cuts: preview.cuts,
    kinds: preview.kinds,
    ...(allApiVersions === true && { versions: preview.versions }),
    leftOut: preview.leftOut.map(({ resource, reason }) => ({ resource, reason })),
    ...(hasOptOuts(preview.optedOut) && { optedOut: preview.optedOut }),
    volumes: preview.volumes,
    ...(preview.natives.length > 0 && { natives: preview.natives }),
    hooks: preview.hooks,
    findings: preview.findings,
  };
}

const hasOptOuts = ({ objects, namespaces }: OptOuts): boolean =>
  objects > 0 || namespaces.length > 0;

/** What is carried out of a plan; the fields of the document that are not here are read by people. */
const carriedOut = {
  spec: backupSpec,
  labels: textMap("labels of the backup"),
  annotations: textMap("annotations of the backup"),
  policies: record(
    { where: text("where they were read"), text: text("their text") },
    "resource policies",
  ),
  requireCoverage: flag("--require-coverage"),
  allApiVersions: flag("--all-api-versions"),
};

/** What a hand may have made of the part that is carried out. */
function violations(backup: Readonly<Record<string, unknown>>): readonly string[] {
  const { spec, labels, annotations } = backup;
  const wrong = Object.entries(carriedOut).flatMap(([key, schema]) => {
    const isOptional = !["spec", "labels", "annotations"].includes(key);
    if (isOptional && backup[key] === undefined) return [];
    return misshapen(backup[key], schema, `backup.${key}`);
  });
  if (wrong.length > 0) return wrong;
  return [
    ...labelViolations(labels as PlannedBackup["labels"]),
    ...annotationViolations(annotations as PlannedBackup["annotations"]),
    ...volumeDataViolations(spec as BackupSpec),
  ];
}

/** The same that the flags refuse. */
function volumeDataViolations(spec: BackupSpec): readonly string[] {
  return (["snapshotMoveData", "defaultVolumesToFsBackup"] as const)
    .filter((field) => spec[field] === true)
    .map(
      (field) =>
        `backup.spec.${field}: this version neither moves volume data nor reads it from file systems`,
    );
}

/** A saved plan, as far as it is used again. Errors: ARK_USAGE. */
export function readPlanDocument(value: unknown, where: string): PlanDocument {
  const fail = (problem: string): ArkError =>
    new ArkError("ARK_USAGE", `${where} is no plan of ark-ts: ${problem}`, {
      advice: "make one with: ark-ts backup plan NAME … -o FILE",
    });
  const isRecord = (one: unknown): one is Readonly<Record<string, unknown>> =>
    typeof one === "object" && one !== null && !Array.isArray(one);
  if (!isRecord(value)) throw fail("it holds no object");
  const { apiVersion, kind, backup } = value;
  if (apiVersion !== "ark-ts.dev/v1" || kind !== "BackupPlan") {
    throw fail(kindOfDocument({ apiVersion, kind }));
  }
  if (!isRecord(backup)) throw fail("backup is missing");
  const [wrong] = violations(backup);
  if (wrong !== undefined) throw fail(wrong);
  for (const key of ["kinds", "findings"]) {
    const list = value[key];
    if (!Array.isArray(list) || !list.every(isRecord)) throw fail(`${key} is no list of objects`);
  }
  if (!isRecord(value["cluster"])) throw fail("cluster is missing");
  return value as unknown as PlanDocument;
}
