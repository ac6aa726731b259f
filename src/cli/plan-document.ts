import type { BackupSpec } from "../api/backup.ts";
import type { Finding } from "../api/results.ts";
import type { BackupPreview } from "../backup/preview/preview-backup.ts";
import type { PreviewHook } from "../backup/preview/preview-hooks.ts";
import type { KindTally } from "../backup/preview/tally-objects.ts";
import type { VolumeRecord } from "../format/volume-coverage.ts";
import { ArkError } from "../lib/errors.ts";

/** What `backup plan` prints as JSON and saves; docs/plan.md specifies it. */
export interface PlanDocument {
  readonly apiVersion: "ark-ts.dev/v1";
  readonly kind: "BackupPlan";
  readonly metadata: { readonly name: string };
  /** RFC 3339. */
  readonly plannedAt: string;
  readonly engineVersion: string;
  readonly planSha256: string;
  readonly cluster: { readonly id: string; readonly gitVersion: string };
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
  readonly leftOut: readonly { readonly resource: string; readonly reason: string }[];
  readonly volumes: readonly VolumeRecord[];
  readonly hooks: readonly PreviewHook[];
  readonly findings: readonly Finding[];
}

/** All that `backup create --plan` needs to do the same. */
export interface PlannedBackup {
  readonly spec: BackupSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly requireCoverage: boolean;
  /** Resource policies as they were read; absent: none. */
  readonly policies?: { readonly where: string; readonly text: string };
}

export function planDocument(preview: BackupPreview): PlanDocument {
  const { request, plan, identity } = preview;
  const { spec, labels, annotations, policies, requireCoverage = false } = request;
  return {
    apiVersion: "ark-ts.dev/v1",
    kind: "BackupPlan",
    metadata: { name: request.name },
    plannedAt: preview.at.toISOString(),
    engineVersion: request.engineVersion,
    planSha256: preview.planSha256,
    cluster: { id: identity.id, gitVersion: identity.gitVersion },
    backup: {
      ...{ spec, labels, annotations, requireCoverage },
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
    leftOut: preview.leftOut.map(({ resource, reason }) => ({ resource, reason })),
    volumes: preview.volumes,
    hooks: preview.hooks,
    findings: preview.findings,
  };
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
    throw fail(`its kind is ${JSON.stringify(apiVersion)} ${JSON.stringify(kind)}`);
  }
  if (!isRecord(backup)) throw fail("backup is missing");
  for (const key of ["spec", "labels", "annotations"]) {
    if (!isRecord(backup[key])) throw fail(`backup.${key} is missing`);
  }
  for (const key of ["kinds", "findings"]) {
    const list = value[key];
    if (!Array.isArray(list) || !list.every(isRecord)) throw fail(`${key} is no list of objects`);
  }
  if (!isRecord(value["cluster"])) throw fail("cluster is missing");
  return value as unknown as PlanDocument;
}
