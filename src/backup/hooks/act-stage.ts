import type { BackupSpec } from "../../api/backup.ts";
import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import type { NameClaim } from "../../catalog/name-claim.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import { blocksOf } from "../../domain/hooks/hook-blocks.ts";
import { createHookTracker, type HookCounts } from "../../domain/hooks/hook-tracker.ts";
import type { HookPod } from "../../domain/hooks/pod-hook.ts";
import { orderedFirst, resourceOrders } from "../../domain/ordered-resources.ts";
import type { ResourceListBuilder } from "../../format/resource-list.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { graceSignal } from "../../lib/grace-signal.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ClusterIdentity, ClusterReader } from "../../ports/cluster.ts";
import type { PodExec } from "../../ports/pod-exec.ts";
import type { BackupPorts, BackupRequest } from "../backup-run.ts";
import type { PlannedRun } from "../plan-run.ts";
import { actOnBlock, type BlockWork, type PodOfBlock, podOfBlock } from "./act-on-block.ts";
import { createPodGatherer } from "./gather-pods.ts";
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
}

export interface ActRun {
  readonly request: Pick<BackupRequest, "name" | "spec" | "owner">;
  readonly ports: Pick<BackupPorts, "cluster" | "store" | "clock">;
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
  const stage = { spec: request.spec, kinds: run.discovery.kinds, cluster, clock, log, journal };
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
  readonly work?: BlockWork;
}

function createActStage(options: ActStageOptions): ActStage {
  const { spec, kinds, cluster, clock, log, journal } = options;
  const resources = spec.hooks?.resources ?? [];
  const tracker = createHookTracker();
  const podKind = kinds.find((kind) => groupResource(kind) === "pods" && kind.version === "v1");
  const gatherer = createPodGatherer(podKind, resources);
  const work = options.work ?? (async () => undefined);
  return {
    watch: gatherer.watch,
    counts: tracker.counts,
    async run(onBlocks, signal) {
      const pods = await gatherer.pods(cluster, signal);
      const blocks = blocksInOrder(pods, options)
        .map((block) => block.map((pod) => podOfBlock(pod, resources)))
        .filter((block) => options.work !== undefined || block.some(hasHooks));
      if (blocks.length === 0) return;
      tellNotes(blocks.flat(), log);
      onBlocks(blocks.length);
      const sleep = (ms: number, until: AbortSignal) => clock.sleep(ms, until);
      const grace = graceSignal(signal, thawGraceMs, sleep);
      const hooks = { exec: cluster, log, tracker };
      const context = { ...hooks, journal, work, grace: grace.signal };
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
  { spec, kinds }: Pick<ActStageOptions, "spec" | "kinds">,
): readonly (readonly HookPod[])[] {
  const names = resourceOrders(spec, kinds).byKind.get("pods") ?? [];
  const named = new Set(names);
  const placeOf = ({ namespace, name }: HookPod): string => `${namespace}/${name}`;
  const isOrdered = (pod: HookPod): boolean => named.has(placeOf(pod));
  return blocksOf(orderedFirst(pods, names, placeOf), isOrdered);
}

export function hasHooks({ pre, post }: PodOfBlock): boolean {
  return pre.length > 0 || post.length > 0;
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
