import type { RunLog } from "../../catalog/run-log.ts";
import { type HookPod, hookTarget, type PodHook } from "../../domain/hooks/pod-hook.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { podOfBlock } from "../hooks/act-on-block.ts";
import { blocksInOrder, hasHooks, tellIdleEntries, tellNotes } from "../hooks/act-stage.ts";
import type { ClaimGroups } from "../hooks/claim-groups.ts";
import type { PodGatherer } from "../hooks/gather-pods.ts";
import type { ItemRelations } from "../hooks/item-relations.ts";
import type { PlannedRun } from "../plan-run.ts";

/** One command that a run would have a pod execute. */
export interface PreviewHook {
  readonly namespace: string;
  readonly pod: string;
  /** Empty: there is none that it could run in. */
  readonly container: string;
  readonly phase: "pre" | "post";
  readonly command: readonly string[];
  readonly source: "annotation" | "spec";
  /** Of the entry in the spec; empty for annotations. */
  readonly name: string;
  /** Empty: not given, which is as Continue. */
  readonly onError: string;
  readonly timeoutMs: number;
  /** Pods of one block are frozen together; from 0, in the order of the blocks. */
  readonly block: number;
  /** Why it would not run; absent: it would. */
  readonly notRun?: string;
}

/** What has seen the items that the run would take. */
interface HookWatches {
  readonly pods: PodGatherer;
  readonly claims: ClaimGroups;
  readonly relations: ItemRelations;
}

/** The hooks of a run in the order in which they would run, with findings for those that cannot. */
export async function previewHooks(
  { pods: gatherer, claims, relations }: HookWatches,
  { plan, discovery }: PlannedRun,
  { cluster, log }: { readonly cluster: ClusterReader; readonly log: RunLog },
  signal: AbortSignal,
): Promise<readonly PreviewHook[]> {
  const { spec } = plan;
  const resources = spec.hooks?.resources ?? [];
  const pods = await gatherer.pods(cluster, signal);
  const groupOf = await claims.groups(cluster, signal);
  tellIdleEntries(gatherer, log);
  const relationOf = await relations.relatedPods({ cluster, log }, signal);
  const order = { spec, kinds: discovery.kinds, groupOf, relationOf };
  const all = blocksInOrder(pods, order).map((block) =>
    block.map((pod) => podOfBlock(pod, resources)),
  );
  tellNotes(all.flat(), log);
  const blocks = all.filter((block) => block.some(hasHooks));
  return blocks.flatMap((block, index) => {
    const of = (phase: "pre" | "post"): readonly PreviewHook[] =>
      block.flatMap((one) => one[phase].map((hook) => previewHook(one.pod, hook, index, log)));
    return [...of("pre"), ...of("post")];
  });
}

function previewHook(pod: HookPod, hook: PodHook, block: number, log: RunLog): PreviewHook {
  const { namespace, name } = pod;
  const target = hookTarget(pod, hook);
  if (target.state === "invalid") {
    log.find({
      severity: "error",
      code: "ARK_HOOK_INVALID",
      resource: "pods",
      namespace,
      name,
      message: `pod ${namespace}/${name}: a ${hook.phase} hook cannot run: ${target.reason}`,
    });
  }
  const { phase, command, source, onError, timeoutMs } = hook;
  return {
    namespace,
    pod: name,
    container: target.state === "run" ? target.container : hook.container,
    ...{ phase, command, source, name: hook.name, onError, timeoutMs, block },
    ...(target.state === "run" ? {} : { notRun: target.reason }),
  };
}
