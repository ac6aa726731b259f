import { createRunLog } from "../../catalog/run-log.ts";
import { unusedChanges } from "../../domain/restore/changes.ts";
import type { PlannedItem } from "../../domain/restore/planned-item.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ClusterIdentity } from "../../ports/cluster.ts";
import { loadChanges } from "../changes/load-changes.ts";
import { openForRestore } from "../check-damage.ts";
import { checkSpec } from "../check-spec.ts";
import { prepareRestore } from "../prepare-restore.ts";
import { nothingBefore } from "../record/interrupted-restore.ts";
import { limitsOf, type RestorePorts, type RestoreRequest } from "../restore-request.ts";
import type { Planner } from "./assess-all.ts";
import type { ItemChecks } from "./check-item.ts";
import { collectFindings } from "./collect-findings.ts";
import { countItems } from "./count-items.ts";
import { estimateDuration } from "./estimate-duration.ts";
import { type Examination, examineRestore } from "./examine-restore.ts";
import {
  createPlanDigest,
  encodePlannedItem,
  type PlannedRestore,
  type RestorePlanHeader,
} from "./plan-document.ts";
import { plannedFrom } from "./planned-from.ts";

export type PreviewPorts = Pick<
  RestorePorts,
  "cluster" | "store" | "clock" | "log" | "actions" | "snapshotLocations"
> & {
  readonly onProgress?: (progress: PreviewProgress) => void;
};

export interface PreviewProgress {
  readonly wave: string;
  readonly doneItems: number;
  readonly totalItems: number;
  readonly asked: number;
}

export interface PreviewOptions {
  readonly dryRun: "server" | "none";
  readonly engineVersion: string;
  /** Takes each object's line of JSON, without a line feed; it must keep them out of memory. */
  readonly onLine: (line: string, item: PlannedItem) => void;
  /** Takes each object as it would be sent, also where it would not be written. */
  readonly onDesired?: (desired: JsonObject) => void;
}

/**
 * What a restore would do with every object, and what stands in its way. Writes nothing, to the
 * cluster or the store; memory does not grow with the backup, but for names. Errors: those of
 * `runRestore` before its first write.
 */
export async function previewRestore(
  asked: RestoreRequest,
  ports: PreviewPorts,
  options: PreviewOptions,
  signal: AbortSignal,
): Promise<RestorePlanHeader> {
  const backupName = checkSpec(asked);
  const log = createRunLog(ports.log, ports.clock);
  const full: RestorePorts = { ...ports, liveness: () => "unknown", onProgress: () => {} };
  const from = { request: asked, ports: full, log, isPlan: true };
  const backup = await openForRestore(from, backupName, signal);
  const { request, notes, ...given } = await loadChanges(asked, ports.cluster, signal);
  for (const note of notes) log.find(note);
  const opened = { request, ports: full, backup, log, before: nothingBefore, ...given };
  const { refusal: _, ...prepared } = await prepareRestore({ ...opened, isPlan: true }, signal);
  const { plan } = prepared;
  const limits = limitsOf(request);
  const freshNamespaces = new Set<string>();
  const run: Planner = { ...opened, ...prepared, limits, freshNamespaces };
  const identity = await ports.cluster.identity({ signal });
  const planned = plannedFrom(run.backup);
  const restore = plannedRestore(request, ports);
  const digest = createPlanDigest();
  const findings = collectFindings();
  const counter = countItems(options.dryRun);
  const changesUsed = new Set<string>();
  let wave = "";
  let checks: Pick<ItemChecks, "asked"> = { asked: { count: 0, elapsedMs: 0 } };
  const examination: Examination = {
    dryRun: options.dryRun,
    onChecks(given) {
      checks = given;
    },
    onItem(item) {
      for (const title of item.changedBy ?? []) changesUsed.add(title);
      const line = encodePlannedItem(item);
      digest.add(line);
      counter.add(item);
      options.onLine(line, item);
      const doneItems = counter.totals().objects;
      const { count: asked } = checks.asked;
      ports.onProgress?.({ wave, doneItems, totalItems: plan.totalItems, asked });
    },
    onFinding: findings.add,
    ...(options.onDesired && { onDesired: options.onDesired }),
    onWave(name) {
      wave = name;
    },
  };
  await examineRestore(run, examination, signal);
  for (const finding of unusedChanges(given.changes, changesUsed)) log.find(finding);
  const totals = counter.totals();
  const acts = counter.itemActions();
  const planSha256 = digest.end({ cluster: identity, backup: planned, restore });
  return {
    apiVersion: "ark-ts.dev/v1",
    kind: "RestorePlan",
    metadata: { name: planSha256.slice(0, planIdLength) },
    plannedAt: ports.clock.now().toISOString(),
    engineVersion: options.engineVersion,
    planSha256,
    cluster: marksOf(identity),
    backup: planned,
    restore,
    ...(prepared.versions.length > 0 && { versions: prepared.versions }),
    totals,
    dryRun: counter.dryRun(),
    ...(acts.length > 0 && { itemActions: acts }),
    estimate: estimateDuration(totals, checks.asked),
    findings: findings.listed(),
    findingCounts: findings.counts(),
    notes: log.findings,
  };
}

function marksOf({ id, serverSha256, gitVersion, context }: ClusterIdentity) {
  return { id, serverSha256, gitVersion, context };
}

/** Enough to tell the plans of a person apart. */
const planIdLength = 8;

function plannedRestore(request: RestoreRequest, { actions = [] }: PreviewPorts): PlannedRestore {
  const { modifiers, policies, versionPriorities } = request;
  const { spec, labels = {}, annotations: notes = {}, allowDamaged = false } = request;
  return {
    spec,
    labels,
    annotations: notes,
    allowDamaged,
    ...(actions.length > 0 && { itemActions: actions.map((action) => action.name) }),
    ...(modifiers && { modifiers }),
    ...(policies && { policies }),
    ...(versionPriorities && { versionPriorities }),
  };
}
