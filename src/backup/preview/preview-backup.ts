import { groupResource } from "../../api/resource-kind.ts";
import type { Finding } from "../../api/results.ts";
import { createRunLog } from "../../catalog/run-log.ts";
import type { BackupPlan, LeftOutKind } from "../../domain/plan.ts";
import type { ManifestCut } from "../../format/manifest.ts";
import type { VolumeRecord } from "../../format/volume-coverage.ts";
import type { ClusterIdentity } from "../../ports/cluster.ts";
import { actionBackupOf } from "../action-backup.ts";
import type { ArchiveWriter } from "../archive-writer.ts";
import type { BackupPorts, BackupRequest } from "../backup-run.ts";
import { trackProgress } from "../capture-progress.ts";
import { collectObjects } from "../collect-objects.ts";
import { createClaimGroups } from "../hooks/claim-groups.ts";
import { createPodGatherer } from "../hooks/gather-pods.ts";
import { createItemRelations } from "../hooks/item-relations.ts";
import { builtInActions } from "../item-actions/built-in-actions.ts";
import { createRunBuffers } from "../member-builder.ts";
import { noOperations } from "../operations/operation-ledger.ts";
import { type OptOuts, optOutsOf } from "../opt-outs.ts";
import { planCut } from "../plan-cut.ts";
import { type PlannedRun, planDigest, planRun } from "../plan-run.ts";
import { replay } from "../replay.ts";
import { reportCollected, reportPlan } from "../report-findings.ts";
import { openSnapshotStage } from "../snapshots/snapshot-stage.ts";
import { createTakenNames } from "../taken-names.ts";
import { nativeInstead } from "../volumes/native-instead.ts";
import { openVolumeStage } from "../volumes/volume-stage.ts";
import { createNeedsWatch } from "./find-dangling.ts";
import { type ForeseenNative, openNativeForesight } from "./foresee-natives.ts";
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
  /** What would stand in the folders of further versions; empty where they are not asked for. */
  readonly versions: readonly VersionTally[];
  readonly kindsListed: number;
  readonly leftOut: readonly LeftOutKind[];
  readonly optedOut: OptOuts;
  readonly objects: number;
  readonly bytes: number;
  readonly volumes: readonly VolumeRecord[];
  /** Which locations would make native snapshots, and of which volumes. */
  readonly natives: readonly ForeseenNative[];
  readonly hooks: readonly PreviewHook[];
  readonly findings: readonly Finding[];
}

export interface VersionTally {
  readonly resource: string;
  readonly version: string;
  readonly count: number;
}

export type PreviewPorts = Pick<
  BackupPorts,
  "cluster" | "clock" | "log" | "onProgress" | "blockActions" | "snapshots" | "snapshotLocations"
> & {
  /** Why nobody here can say who makes native snapshots. Default: there is no location. */
  readonly whyNoNatives?: string;
};

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
  const claims = createClaimGroups(discovery.kinds, request.spec);
  const snapshots = openSnapshotStage({
    ...{ request, ports, log, run, runUid: "", ledger: () => operations },
    marks: () => Promise.reject(new Error("a plan takes no snapshots")),
  });
  const natives = openNativeForesight({ request, ports, log, run }, ports.whyNoNatives);
  const volumeStage = openVolumeStage({
    ...{ request, run, log, cluster, snapshots, natives },
  });
  const actionBackup = actionBackupOf({ ...request, name: plan.name, spec: plan.spec }, "");
  const blockActions = ports.blockActions ?? [];
  const relations = createItemRelations(discovery.kinds, blockActions, actionBackup, signal);
  const needs = createNeedsWatch(discovery.kinds);
  const taken = createTakenNames(plan);
  const names = taken.watch(
    needs.watch(volumeStage.watch(relations.watch(claims.watch(pods.watch(tally))))),
  );
  const archive = createNoArchive();
  // Nothing may be begun outside for the sake of a plan.
  const actions = builtInActions;
  const operations = noOperations(clock);
  const cutPlan = await planCut(plan, ports, [], signal);
  const progress = trackProgress(run, () => 0, 0, ports);
  progress.expect(cutPlan.expected);
  const collected = await collectObjects(
    {
      ...run,
      ...ports,
      ...progress,
      ...(await replay(run, undefined, { archive, names, operations }, signal)),
      ...{ actions, operations, actionBackup },
      ...{ cutPlan, archive, names, taken, places: "plain" },
      mtimeSeconds: 0,
      buffers: createRunBuffers(),
      memberBytes: undefined,
      positions: new Map(),
    },
    signal,
  );
  const wished = await volumeStage.decide(collected, signal);
  const { claims: claimFacts } = wished.objects;
  const backupAnnotations = request.annotations;
  await snapshots.plan({ ...wished, claims: claimFacts, backupAnnotations }, signal);
  const decided = natives.isActive ? nativeInstead(wished, snapshots) : wished;
  await natives.look(decided, signal);
  const volumes = volumeStage.conclude(decided);
  const hooks = await previewHooks({ pods, claims, relations }, run, { cluster, log }, signal);
  reportCollected(run, collected, log);
  await needs.report(cluster, log, signal);
  const kinds = tally.tallies();
  return {
    request: withPolicies(request, run),
    ...{ plan, planSha256: planDigest(plan), at, identity, kinds, volumes, hooks },
    natives: natives.found(),
    cuts: cutPlan.sequence?.cuts ?? [],
    versions: collected.versions.versions.map(({ resource, version, count }) => ({
      ...{ resource, version, count },
    })),
    kindsListed: plan.kinds.length - collected.kindsFailed,
    leftOut: plan.leftOut,
    optedOut: optOutsOf(run, collected.dropped.optedOut),
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
