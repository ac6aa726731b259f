import { isLeadershipLost } from "../../catalog/continuation.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import type { HookPod } from "../../domain/hooks/pod-hook.ts";
import {
  marksAsAnnotations,
  runLabels,
  snapshotName,
} from "../../domain/volumes/csi/snapshot-objects.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { toArkError } from "../../lib/errors.ts";
import { createSemaphore, type Semaphore } from "../../lib/semaphore.ts";
import { discardSnapshot } from "../../volumes/csi/remove-snapshots.ts";
import type { SnapshotApi, SnapshotName } from "../../volumes/csi/snapshot-api.ts";
import type { CutGroup } from "../../volumes/csi/take-group.ts";
import { type MarkedRun, settleSnapshot, takeSnapshot } from "../../volumes/csi/take-snapshot.ts";
import { endsTheRun } from "../list-kind.ts";
import { createGroupWork } from "./group-work.ts";
import type { PlannedSnapshot } from "./planned-snapshot.ts";
import type { RunSnapshot, WorkOptions } from "./work-options.ts";

/** Snapshots that one driver is asked for at once; more of them wait for their turn. */
const perDriver = 10;
/** A driver that is still at work on one may take it this long to be removed. */
const removalMs = 60_000;

export interface SnapshotWork {
  /** Takes those of the claims that the pods use; of pods in `left` none. */
  ofPods(pods: readonly HookPod[], left: ReadonlySet<HookPod>, signal: AbortSignal): Promise<void>;
  /** Takes those of which no pod was met. */
  rest(signal: AbortSignal): Promise<void>;
  /** Waits until all that were cut are ready, and keeps them from what happens in the cluster. */
  settle(signal: AbortSignal): Promise<void>;
  /** What was begun of those that failed goes, the storage's own included; what stays is a warning. */
  removeFailed(signal: AbortSignal): Promise<void>;
  /** Those that are ready. */
  readonly ready: ReadonlyMap<string, RunSnapshot>;
  /** Why there is none, by the key of the claim. */
  readonly failed: ReadonlyMap<string, string>;
}

type CutAs = Pick<RunSnapshot, "cut" | "group">;

type BegunSnapshot = SnapshotName & Pick<PlannedSnapshot, "claim">;

export function createSnapshotWork(options: WorkOptions): SnapshotWork {
  const { planned, api, clock, log, run } = options;
  const open = new Map(planned.map((one) => [one.key, one]));
  const gates = new Map<string, Semaphore>();
  const cut = new Map<string, RunSnapshot>();
  const ready = new Map<string, RunSnapshot>();
  const failed = new Map<string, string>();
  const begun = new Map<string, BegunSnapshot>();
  const watch = { api, clock };
  const groups = createGroupWork(options);
  const onWaitFor =
    ({ key }: PlannedSnapshot) =>
    (what: string): void =>
      options.onWait(`snapshot of claim ${key}: ${what}`);
  const fail = (one: PlannedSnapshot, thrown: unknown, signal: AbortSignal): string => {
    const message = tellFailure(one, thrown, log, signal);
    failed.set(one.key, message);
    return message;
  };
  const alone = async (one: PlannedSnapshot, signal: AbortSignal): Promise<CutAs> => {
    const name = { namespace: one.claim.namespace, name: snapshotName(one.claim, run) };
    begun.set(one.key, { ...name, claim: one.claim });
    const limits = { ...watch, limitMs: options.cutLimitMs, onWait: onWaitFor(one) };
    const marked = { ...run, marks: await options.marks(signal) };
    const how = { run: marked, className: one.className };
    return { cut: await takeSnapshot(one.claim, how, limits, signal) };
  };
  const ofGroup = async (one: PlannedSnapshot, signal: AbortSignal): Promise<CutAs | undefined> => {
    const group = groups.of(one.key);
    if (group === undefined) return undefined;
    const members = planned.filter(({ key }) => group.claims.includes(key) && !failed.has(key));
    const taken = await groups.take(group, members, signal);
    const snapshot = taken?.snapshots.get(one.claim.name);
    return taken && snapshot && { cut: snapshot, group: taken.group };
  };
  const take = async (one: PlannedSnapshot, signal: AbortSignal): Promise<void> => {
    if (!open.delete(one.key)) return;
    const gate = gates.get(one.driver) ?? createSemaphore(perDriver);
    gates.set(one.driver, gate);
    const leave = await gate.enter(signal);
    const startedAt = clock.now().toISOString();
    try {
      const snapshot = (await ofGroup(one, signal)) ?? (await alone(one, signal));
      const taken = { ...one, ...snapshot, startedAt };
      cut.set(one.key, taken);
      options.onCut(taken);
    } catch (thrown) {
      fail(one, thrown, signal);
    } finally {
      leave();
    }
  };
  const settleOne = async (one: RunSnapshot, marked: MarkedRun, signal: AbortSignal) => {
    const limits = { ...watch, limitMs: options.readyLimitMs, onWait: onWaitFor(one) };
    try {
      const state = await settleSnapshot(one.cut, marked, limits, signal);
      if (one.group !== undefined) await keepGroup(one.group, marked, api, signal);
      const settled = { ...one, cut: { ...one.cut, state } };
      ready.set(one.key, settled);
      options.onEnd(settled, "");
    } catch (thrown) {
      options.onEnd(one, fail(one, thrown, signal));
    }
  };
  const takeAll = (some: readonly PlannedSnapshot[], signal: AbortSignal): Promise<unknown> =>
    mapConcurrently(some, some.length, (one) => take(one, signal));
  return {
    ready,
    failed,
    async ofPods(pods, left, signal) {
      const mine = new Map<string, PlannedSnapshot>();
      for (const pod of pods) {
        for (const name of pod.claims) {
          const found = open.get(`${pod.namespace}/${name}`);
          if (found === undefined) continue;
          if (left.has(pod)) {
            open.delete(found.key);
            mine.delete(found.key);
            failed.set(found.key, `a pre hook of pod ${pod.namespace}/${pod.name} failed`);
          } else mine.set(found.key, found);
        }
      }
      await takeAll([...mine.values()], signal);
    },
    rest: async (signal) => void (await takeAll([...open.values()], signal)),
    async removeFailed(signal) {
      const used = new Set([...ready.values()].flatMap(({ group }) => group?.handle ?? []));
      await groups.removeFailed(used, signal);
      const failures = [...begun].filter(([key]) => failed.has(key));
      await removeBegun(failures, options, signal);
    },
    async settle(signal) {
      if (cut.size === 0) return;
      const marked = { ...run, marks: await options.marks(signal) };
      await mapConcurrently([...cut.values()], perDriver, (one) => settleOne(one, marked, signal));
    },
  };
}

/** Answers what failed. Errors: those after which the run cannot go on. */
function tellFailure(
  { key, claim }: PlannedSnapshot,
  thrown: unknown,
  log: RunLog,
  signal: AbortSignal,
): string {
  signal.throwIfAborted();
  if (isLeadershipLost(signal)) throw thrown;
  const error = toArkError(thrown);
  if (endsTheRun.has(error.code)) throw error;
  const { namespace, name } = claim;
  const place = { resource: "persistentvolumeclaims", namespace, name };
  const message = `no snapshot of claim ${key}: ${error.message}`;
  log.find({ severity: "error", code: "ARK_SNAPSHOT_FAILED", message, ...place });
  return error.message;
}

/** From then on the storage keeps the group whatever is deleted in the cluster. */
async function keepGroup(
  { content }: CutGroup,
  run: MarkedRun,
  api: SnapshotApi,
  signal: AbortSignal,
): Promise<void> {
  const metadata = { labels: runLabels(run), annotations: marksAsAnnotations(run.marks) };
  const patch = { metadata, spec: { deletionPolicy: "Retain" } };
  await api.groups?.patchContent(content, patch, signal);
}

async function removeBegun(
  begun: readonly (readonly [key: string, snapshot: BegunSnapshot])[],
  { api, clock, log, onWait }: WorkOptions,
  signal: AbortSignal,
): Promise<void> {
  await mapConcurrently(begun, perDriver, async ([key, { claim, ...snapshot }]) => {
    onWait(`what was begun of the snapshot of claim ${key} to be removed`);
    try {
      await discardSnapshot(snapshot, api, { clock, limitMs: removalMs }, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (isLeadershipLost(signal)) throw thrown;
      const { namespace, name } = claim;
      const place = { resource: "persistentvolumeclaims", namespace, name };
      const { message } = toArkError(thrown);
      log.find({ severity: "warning", code: "ARK_SNAPSHOT_LEFT", message, ...place });
    }
  });
}
