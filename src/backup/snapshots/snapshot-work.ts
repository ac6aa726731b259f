import { isLeadershipLost } from "../../catalog/continuation.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import type { HookPod } from "../../domain/hooks/pod-hook.ts";
import {
  type SnapshotMarks,
  type SnapshottingRun,
  snapshotName,
} from "../../domain/volumes/csi/snapshot-objects.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { toArkError } from "../../lib/errors.ts";
import { createSemaphore, type Semaphore } from "../../lib/semaphore.ts";
import type { Clock } from "../../ports/clock.ts";
import { discardSnapshot } from "../../volumes/csi/remove-snapshots.ts";
import type { SnapshotApi, SnapshotName } from "../../volumes/csi/snapshot-api.ts";
import { type CutSnapshot, settleSnapshot, takeSnapshot } from "../../volumes/csi/take-snapshot.ts";
import { endsTheRun } from "../list-kind.ts";
import type { PlannedSnapshot } from "./planned-snapshot.ts";

/** Snapshots that one driver is asked for at once; more of them wait for their turn. */
const perDriver = 10;
/** A driver that is still at work on one may take it this long to be removed. */
const removalMs = 60_000;

/** A snapshot of the run: cut, and ready once it is settled. */
export interface RunSnapshot extends PlannedSnapshot {
  readonly cut: CutSnapshot;
  /** RFC 3339. */
  readonly startedAt: string;
}

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

type BegunSnapshot = SnapshotName & Pick<PlannedSnapshot, "claim">;

export interface WorkOptions {
  readonly planned: readonly PlannedSnapshot[];
  readonly run: SnapshottingRun;
  /** Asked for when a snapshot is begun. */
  readonly marks: (signal: AbortSignal) => Promise<SnapshotMarks>;
  readonly api: SnapshotApi;
  readonly clock: Clock;
  readonly log: RunLog;
  readonly cutLimitMs: number;
  readonly readyLimitMs: number;
  readonly onWait: (waitingFor: string) => void;
  /** A snapshot was cut. */
  readonly onCut: (snapshot: RunSnapshot) => void;
  /** It is ready, or will not be; the message is empty when it is. */
  readonly onEnd: (snapshot: RunSnapshot, problem: string) => void;
}

export function createSnapshotWork(options: WorkOptions): SnapshotWork {
  const { planned, api, clock, log, run } = options;
  const open = new Map(planned.map((one) => [one.key, one]));
  const gates = new Map<string, Semaphore>();
  const cut = new Map<string, RunSnapshot>();
  const ready = new Map<string, RunSnapshot>();
  const failed = new Map<string, string>();
  const begun = new Map<string, BegunSnapshot>();
  const watch = { api, clock };
  const fail = ({ key, claim }: PlannedSnapshot, thrown: unknown, signal: AbortSignal): string => {
    signal.throwIfAborted();
    if (isLeadershipLost(signal)) throw thrown;
    const error = toArkError(thrown);
    if (endsTheRun.has(error.code)) throw error;
    const { namespace, name } = claim;
    const place = { resource: "persistentvolumeclaims", namespace, name };
    const message = `no snapshot of claim ${key}: ${error.message}`;
    log.find({ severity: "error", code: "ARK_SNAPSHOT_FAILED", message, ...place });
    failed.set(key, error.message);
    return error.message;
  };
  const take = async (one: PlannedSnapshot, signal: AbortSignal): Promise<void> => {
    if (!open.delete(one.key)) return;
    const gate = gates.get(one.driver) ?? createSemaphore(perDriver);
    gates.set(one.driver, gate);
    const leave = await gate.enter(signal);
    const startedAt = clock.now().toISOString();
    const onWait = (what: string): void => options.onWait(`snapshot of claim ${one.key}: ${what}`);
    const { namespace } = one.claim;
    begun.set(one.key, { namespace, name: snapshotName(one.claim, run), claim: one.claim });
    try {
      const limits = { ...watch, limitMs: options.cutLimitMs, onWait };
      const snapshot = await takeSnapshot(
        one.claim,
        { run: { ...run, marks: await options.marks(signal) }, className: one.className },
        limits,
        signal,
      );
      const taken = { ...one, cut: snapshot, startedAt };
      cut.set(one.key, taken);
      options.onCut(taken);
    } catch (thrown) {
      fail(one, thrown, signal);
    } finally {
      leave();
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
    removeFailed: (signal) =>
      removeBegun(
        [...begun].filter(([key]) => failed.has(key)),
        options,
        signal,
      ),
    async settle(signal) {
      if (cut.size === 0) return;
      const marked = { ...run, marks: await options.marks(signal) };
      await mapConcurrently([...cut.values()], perDriver, async (one) => {
        const onWait = (what: string): void =>
          options.onWait(`snapshot of claim ${one.key}: ${what}`);
        const limits = { ...watch, limitMs: options.readyLimitMs, onWait };
        try {
          const state = await settleSnapshot(one.cut, marked, limits, signal);
          const settled = { ...one, cut: { ...one.cut, state } };
          ready.set(one.key, settled);
          options.onEnd(settled, "");
        } catch (thrown) {
          options.onEnd(one, fail(one, thrown, signal));
        }
      });
    },
  };
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
