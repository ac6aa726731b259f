import type { BackupResourceHookSpec } from "../../api/backup.ts";
import { isLeadershipLost } from "../../catalog/continuation.ts";
import { idleAnnotations } from "../../domain/hooks/hook-annotations.ts";
import { hooksOfPod } from "../../domain/hooks/hooks-of-pod.ts";
import { type HookPod, hookTarget, type PodHook } from "../../domain/hooks/pod-hook.ts";
import type { OwedThaw } from "../../format/thaw-record.ts";
import { toArkError } from "../../lib/errors.ts";
import { type HookContext, runHook } from "./run-hook.ts";
import type { OwedRecord, ThawJournal } from "./thaw-journal.ts";

/** A pod of a block, with the hooks that it has. */
export interface PodOfBlock {
  readonly pod: HookPod;
  readonly pre: readonly PodHook[];
  readonly post: readonly PodHook[];
  /** What is wrong with its annotations; sentences. */
  readonly notes: readonly string[];
}

export function podOfBlock(pod: HookPod, resources: readonly BackupResourceHookSpec[]): PodOfBlock {
  const pre = hooksOfPod(pod, resources, "pre");
  const post = hooksOfPod(pod, resources, "post");
  const notes = [...pre.notes, ...post.notes, ...idleAnnotations(pod.annotations)];
  return { pod, pre: pre.hooks, post: post.hooks, notes };
}

/**
 * What is done while a block is frozen. `left` are pods whose pre hook failed with onError Fail:
 * nothing of their volumes is to be taken.
 */
export type BlockWork = (
  pods: readonly HookPod[],
  left: ReadonlySet<HookPod>,
  signal: AbortSignal,
) => Promise<void>;

export interface BlockContext extends HookContext {
  readonly journal: ThawJournal;
  readonly work: BlockWork;
  /** Outlives `signal` by a while: what must be done even after a cancel has this long. */
  readonly grace: AbortSignal;
  /** Called with `namespace/name` of a pod whose post hooks ran well, though the run was cancelled. */
  readonly onThawed: (pod: string) => void;
}

/**
 * Pre hooks of all pods, the work, post hooks of all pods, one after the other. Post hooks are
 * recorded durably before the first pre hook, and run whatever comes of the rest, unless it is
 * certain that nothing of the pod was frozen or leadership was lost. Throws what the work throws, or the signal's reason.
 */
export async function actOnBlock(
  block: readonly PodOfBlock[],
  context: BlockContext,
  signal: AbortSignal,
): Promise<void> {
  const { journal, work } = context;
  const owed = block.some(({ pre }) => pre.length > 0) ? thawsOf(block) : [];
  const record = owed.length === 0 ? undefined : await journal.owe(owed, signal);
  const frozen = new Map<HookPod, PreOutcome>();
  try {
    for (const one of block) {
      signal.throwIfAborted();
      frozen.set(one.pod, await runPreHooks(one, context, signal));
    }
    signal.throwIfAborted();
    const left = [...frozen].flatMap(([pod, { failed }]) => (failed ? [pod] : []));
    const pods = block.map(({ pod }) => pod);
    await work(pods, new Set(left), signal);
  } finally {
    // Whoever leads now pays what the record says is owed.
    if (!isLeadershipLost(signal)) {
      const thawed = await thaw(block, frozen, record, context);
      if (signal.aborted) for (const pod of thawed) context.onThawed(pod);
    }
  }
}

interface PreOutcome {
  /** With onError Fail, or by a cancel. */
  readonly failed: boolean;
  /** A pre hook may have run. */
  readonly mayBeFrozen: boolean;
  readonly wantsPost: boolean;
}

async function runPreHooks(
  { pod, pre }: PodOfBlock,
  context: BlockContext,
  signal: AbortSignal,
): Promise<PreOutcome> {
  let failed = false;
  let mayBeFrozen = false;
  for (const hook of pre) {
    if (failed || signal.aborted) {
      // Velero counts those that an earlier failure keeps from running as attempted.
      if (failed) context.tracker.add(pod, hook);
      continue;
    }
    const outcome = await runHook(pod, hook, context, signal);
    mayBeFrozen ||= outcome.mayHaveRun;
    failed = outcome.failed && hook.onError === "Fail";
  }
  return { failed, mayBeFrozen, wantsPost: mayBeFrozen || !failed };
}

/** Never throws: it runs after failures. Answers the pods that were frozen and surely are no more. */
async function thaw(
  block: readonly PodOfBlock[],
  frozen: ReadonlyMap<HookPod, PreOutcome>,
  record: OwedRecord | undefined,
  context: BlockContext,
): Promise<readonly string[]> {
  const mayBeFrozen = [...frozen.values()].some((outcome) => outcome.mayBeFrozen);
  const left: OwedThaw[] = [];
  const thawed: string[] = [];
  let why: string | undefined;
  for (const { pod, post } of block) {
    // Pods whose turn had not come are as they were.
    if (frozen.get(pod)?.wantsPost !== true) continue;
    let isThawed = post.length > 0 && frozen.get(pod)?.mayBeFrozen === true;
    for (const hook of post) {
      const outcome = await runHook(pod, hook, context, context.grace);
      if (!outcome.failed || !mayBeFrozen) continue;
      isThawed = false;
      why = outcome.why;
      left.push(...thawsOf([{ pod, post: [hook] }]));
    }
    if (isThawed) thawed.push(`${pod.namespace}/${pod.name}`);
  }
  if (record === undefined) return thawed;
  if (left.length > 0) tellFrozen(left, record, context);
  try {
    await record.settle(left, why, context.grace);
  } catch (thrown) {
    const fields = { error: toArkError(thrown).message };
    context.log.write("warn", "the record of post hooks could not be settled", fields);
  }
  return thawed;
}

function tellFrozen(
  left: readonly OwedThaw[],
  { since, backup }: OwedRecord,
  { log }: BlockContext,
): void {
  for (const pod of new Set(left.map(({ namespace, pod }) => `${namespace}/${pod}`))) {
    log.find({
      severity: "error",
      code: "ARK_POD_FROZEN",
      message: `pod ${pod} may be frozen since ${since}: its post hook did not end well`,
      resource: "pods",
      namespace: pod.slice(0, pod.indexOf("/")),
      name: pod.slice(pod.indexOf("/") + 1),
      advice: `to try again: ark-ts backup thaw ${backup}`,
    });
  }
}

/** What can be run of the post hooks. */
function thawsOf(block: readonly Pick<PodOfBlock, "pod" | "post">[]): OwedThaw[] {
  return block.flatMap(({ pod, post }) =>
    post.flatMap((hook) => {
      const target = hookTarget(pod, hook);
      if (target.state !== "run") return [];
      const { namespace, name, uid } = pod;
      const { command, timeoutMs } = hook;
      return [{ namespace, pod: name, uid, container: target.container, command, timeoutMs }];
    }),
  );
}
