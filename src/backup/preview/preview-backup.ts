import { groupResource } from "../../api/resource-kind.ts";
import type { Finding } from "../../api/results.ts";
import { createRunLog } from "../../catalog/run-log.ts";
import type { BackupPlan, LeftOutKind } from "../../domain/plan.ts";
import type { ManifestCut } from "../../format/manifest.ts";
import type { VolumeRecord } from "../../format/volume-coverage.ts";
import type { ClusterIdentity } from "../../ports/cluster.ts";
import type { ArchiveWriter } from "../archive-writer.ts";
import type { BackupPorts, BackupRequest } from "../backup-run.ts";
import { trackProgress } from "../capture-progress.ts";
import { collectObjects } from "../collect-objects.ts";
import { createPodGatherer } from "../hooks/gather-pods.ts";
import { createRunBuffers } from "../member-builder.ts";
import { planCut } from "../plan-cut.ts";
import { type PlannedRun, planDigest, planRun } from "../plan-run.ts";
import { replay } from "../replay.ts";
import { reportCollected, reportPlan } from "../report-findings.ts";
import { openVolumeStage } from "../volumes/volume-stage.ts";
import { createNeedsWatch } from "./find-dangling.ts";
import { type PreviewHook, previewHooks } from "./preview-hooks.ts";
import { createObjectTally, type KindTally } from "./tally-objects.ts";

/** What a backup would take and do, found out without writing anything. */
export interface BackupPreview {
  /** With the resource policies as they were read. */
  readonly request: BackupRequest;
  readonly plan: BackupPlan;
  readonly planSha256: string;
  readonly at: Date;
  readonly identity: ClusterIdentity;
  readonly cuts: readonly ManifestCut[];
  /** Kinds of which something would be taken. */
  readonly kinds: readonly KindTally[];
  readonly kindsListed: number;
  readonly leftOut: readonly LeftOutKind[];
  readonly objects: number;
  readonly bytes: number;
  readonly volumes: readonly VolumeRecord[];
  readonly hooks: readonly PreviewHook[];
  readonly findings: readonly Finding[];
}

export type PreviewPorts = Pick<BackupPorts, "cluster" | "clock" | "log" | "onProgress">;

/**
 * Discovers, lists and selects as `runBackup` does, and counts instead of writing. Errors: those
 * of planning, and those after which no kind could be listed.
 */
export async function previewBackup(
  request: BackupRequest,
  ports: PreviewPorts,
  signal: AbortSignal,
): Promise<BackupPreview> {
  const { cluster, clock } = ports;
  const log = createRunLog(ports.log, clock);
  const at = clock.now();
  const run = await planRun(request, ports, signal);
  const identity = await cluster.identity({ signal });
  reportPlan(run, log);
  const { plan, discovery } = run;
  const tally = createObjectTally([...plan.kinds, ...plan.related.map(({ kind }) => kind)]);
  const podKind = discovery.kinds.find(
    (kind) => groupResource(kind) === "pods" && kind.version === "v1",
  );
  const pods = createPodGatherer(podKind, request.spec.hooks?.resources ?? []);
  const volumeStage = openVolumeStage({ request, run, log, cluster });
  const needs = createNeedsWatch(discovery.kinds);
  const names = needs.watch(volumeStage.watch(pods.watch(tally)));
  const archive = createNoArchive();
  const cutPlan = await planCut(plan, ports, [], signal);
  const progress = trackProgress(run, () => 0, 0, ports);
  progress.expect(cutPlan.expected);
  const collected = await collectObjects(
    {
      ...run,
      ...ports,
      ...progress,
      ...(await replay(run, undefined, { archive, names }, signal)),
      ...{ cutPlan, archive, names },
      mtimeSeconds: 0,
      buffers: createRunBuffers(),
      memberBytes: undefined,
      positions: new Map(),
    },
    signal,
  );
  const volumes = await volumeStage.decide(collected, signal);
  const hooks = await previewHooks(pods, run, { cluster, log }, signal);
  reportCollected(run, collected, log);
  await needs.report(cluster, log, signal);
  const kinds = tally.tallies();
  return {
    request: withPolicies(request, run),
    ...{ plan, planSha256: planDigest(plan), at, identity, kinds, volumes, hooks },
    cuts: cutPlan.sequence?.cuts ?? [],
    kindsListed: plan.kinds.length - collected.kindsFailed,
    leftOut: plan.leftOut,
    objects: collected.objects,
    bytes: kinds.reduce((sum, kind) => sum + kind.bytes, 0),
    findings: log.findings,
  };
}

/** A ConfigMap may change; what was planned with goes on to be what it was. */
function withPolicies(request: BackupRequest, { plan, policyText }: PlannedRun): BackupRequest {
  if (plan.policies === undefined || policyText === undefined) return request;
  const { where } = plan.policies;
  return { ...request, policies: { kind: "text", where, text: policyText } };
}

/** Takes members and forgets them. */
function createNoArchive(): ArchiveWriter {
  return {
    async addMember(member) {
      member.indexText(0, 0);
      member.release();
    },
    notePositions: () => undefined,
    addIndexText: async () => undefined,
    finish: () => Promise.reject(new Error("a preview writes no archive")),
    compressedBytes: 0,
  };
}
