import type { BackupSpec } from "../../api/backup.ts";
import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import type { NameClaim } from "../../catalog/name-claim.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import { blocksOf, type ClaimGroupOf } from "../../domain/hooks/hook-blocks.ts";
import { createHookTracker, type HookCounts } from "../../domain/hooks/hook-tracker.ts";
import type { HookPod } from "../../domain/hooks/pod-hook.ts";
import { orderedFirst, resourceOrders } from "../../domain/ordered-resources.ts";
import type { ResourceListBuilder } from "../../format/resource-list.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { graceSignal } from "../../lib/grace-signal.ts";
import { defaultActionMs } from "../../operations/guarded-calls.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ClusterIdentity, ClusterReader } from "../../ports/cluster.ts";
import type { PodExec } from "../../ports/pod-exec.ts";
import { actionBackupOf } from "../action-backup.ts";
import type { BackupPorts, BackupRequest } from "../backup-run.ts";
import { guardBlockAction } from "../item-actions/guard-action.ts";
import type { PlannedRun } from "../plan-run.ts";
import { actOnBlock, type BlockWork, type PodOfBlock, podOfBlock } from "./act-on-block.ts";
import { createClaimGroups } from "./claim-groups.ts";
import { createPodGatherer, type PodGatherer } from "./gather-pods.ts";
import { createItemRelations, type ItemRelations } from "./item-relations.ts";
import { createThawJournal, type ThawJournal } from "./thaw-journal.ts";

/** Blocks that are frozen at once. */
const blocksInFlight = 4;

/** How long post hooks may go on after a cancel. */
const thawGraceMs = 60_000;

/** The stage between collecting objects and ending the archive: hooks, and the work among them. */
export interface ActStage {
  /** The builder, with an eye on the pods that pass. */
  watch(names: ResourceListBuilder): ResourceListBuilder;
  /** Errors: ARK_NAME_LOST, those of the store and of the work; hooks that fail are findings. */
  run(onBlocks: (blocks: number) => void, signal: AbortSignal): Promise<void>;
  /** So far. */
  counts(): HookCounts;
  /** Pods, as `namespace/name`, whose post hooks ran well after the run was cancelled. */
  thawedAfterCancel(): readonly string[];
}

export interface ActRun {
  readonly request: Pick<
    BackupRequest,
    "name" | "spec" | "labels" | "annotations" | "owner" | "limits"
  >;
  readonly ports: Pick<BackupPorts, "cluster" | "store" | "clock" | "blockActions">;
  readonly log: RunLog;
  readonly run: PlannedRun;
  readonly claim: NameClaim;
  readonly identity: ClusterIdentity;
  /** Default: nothing. */
  readonly work?: BlockWork;
}

/** The stage of one run. */
export function openActStage(
  { request, ports, log, run, claim, identity, work }: ActRun,
  signal: AbortSignal,
): ActStage {
  const { cluster, store, clock } = ports;
  const journal = createThawJournal({
    store,
    clock,
    runUid: claim.record.runUid,
    backup: request.name,
    clusterId: identity.id,
    owner: request.owner,
    checkOwner: () => claim.checkOwner(signal),
  });
  const { kinds } = run.discovery;
  const { spec } = request;
  const backup = actionBackupOf(request, claim.record.runUid);
  const limit = { clock, limitMs: request.limits?.actionMs ?? defaultActionMs };
  const blockActions = (ports.blockActions ?? []).map((one) => guardBlockAction(one, limit));
  const relations = createItemRelations(kinds, blockActions, backup, signal);
  const stage = { spec, kinds, cluster, clock, log, journal, relations };
  return createActStage(work === undefined ? stage : { ...stage, work });
}

interface ActStageOptions {
  readonly spec: BackupSpec;
  /** All that are served. */
  readonly kinds: readonly ResourceKind[];
  readonly cluster: ClusterReader & PodExec;
  readonly clock: Clock;
  readonly log: RunLog;
  readonly journal: ThawJournal;
  readonly relations: ItemRelations;
  readonly work?: BlockWork;
}

function createActStage(options: ActStageOptions): ActStage {
  const { spec, kinds, cluster, clock, log, journal, relations } = options;
  const resources = spec.hooks?.resources ?? [];
  const tracker = createHookTracker();
  const podKind = kinds.find((kind) => groupResource(kind) === "pods" && kind.version === "v1");
  const gatherer = createPodGatherer(podKind, resources);
  const claims = createClaimGroups(kinds, spec);
  const work = options.work ?? (async () => undefined);
  const thawed: string[] = [];
  return {
    watch: (names) => relations.watch(claims.watch(gatherer.watch(names))),
    counts: tracker.counts,
    thawedAfterCancel: () => thawed.toSorted(),
    async run(onBlocks, signal) {
      const pods = await gatherer.pods(cluster, signal);
      tellIdleEntries(gatherer, log);
      if (pods.length === 0) return;
      const groupOf = await claims.groups(cluster, signal);
      const relationOf = await relations.relatedPods({ cluster, log }, signal);
      const all = blocksInOrder(pods, { spec, kinds, groupOf, relationOf }).map((block) =>
        block.map((pod) => podOfBlock(pod, resources)),
      );
      tellNotes(all.flat(), log);
      const blocks = all.filter((block) => options.work !== undefined || block.some(hasHooks));
      if (blocks.length === 0) return;
      onBlocks(blocks.length);
      const sleep = (ms: number, until: AbortSignal) => clock.sleep(ms, until);
      const grace = graceSignal(signal, thawGraceMs, sleep);
      const hooks = { exec: cluster, log, tracker };
      const onThawed = (pod: string): void => void thawed.push(pod);
      const context = { ...hooks, journal, work, grace: grace.signal, onThawed };
      try {
        await mapConcurrently(blocks, blocksInFlight, async (block) => {
          signal.throwIfAborted();
          await actOnBlock(block, context, signal);
        });
      } finally {
        grace.stop();
      }
    },
  };
}

/** Pods that the spec puts in order come first, in one block. */
export function blocksInOrder(
  pods: readonly HookPod[],
  {
    spec,
    kinds,
    groupOf,
    relationOf,
  }: Pick<ActStageOptions, "spec" | "kinds"> & {
    readonly groupOf: ClaimGroupOf;
    readonly relationOf: (pod: HookPod) => string | undefined;
  },
): readonly (readonly HookPod[])[] {
  const names = resourceOrders(spec, kinds).byKind.get("pods") ?? [];
  const named = new Set(names);
  const placeOf = ({ namespace, name }: HookPod): string => `${namespace}/${name}`;
  const isOrdered = (pod: HookPod): boolean => named.has(placeOf(pod));
  return blocksOf(orderedFirst(pods, names, placeOf), isOrdered, groupOf, relationOf);
}

export function hasHooks({ pre, post }: PodOfBlock): boolean {
  return pre.length > 0 || post.length > 0;
}

/** A typing error in a filter of `spec.hooks` must not look like a pod that was frozen. */
export function tellIdleEntries(gatherer: PodGatherer, log: RunLog): void {
  for (const name of gatherer.idleEntries()) {
    log.find({
      severity: "warning",
      code: "ARK_HOOK_NO_EFFECT",
      message: `the hooks "${name}" of the spec are for no pod of this backup: none of them runs`,
      advice: "look at their namespaces, resources and labelSelector; hooks are for pods only",
    });
  }
}

export function tellNotes(pods: readonly PodOfBlock[], log: RunLog): void {
  for (const { pod, notes } of pods) {
    for (const note of notes) {
      const { namespace, name } = pod;
      const place = { resource: "pods", namespace, name };
      const message = `pod ${namespace}/${name}: ${note}`;
      log.find({ severity: "warning", code: "ARK_HOOK_INVALID", message, ...place });
    }
  }
}
