import { isLeadershipLost } from "../../catalog/continuation.ts";
import { groupName } from "../../domain/volumes/csi/group-objects.ts";
import { snapshotName } from "../../domain/volumes/csi/snapshot-objects.ts";
import { ArkError, toArkError } from "../../lib/errors.ts";
import { discardGroup } from "../../volumes/csi/remove-group.ts";
import { type CutGroup, type TakenGroup, takeGroup } from "../../volumes/csi/take-group.ts";
import { endsTheRun } from "../list-kind.ts";
import { type PlannedGroup, tellApart } from "./planned-group.ts";
import type { PlannedSnapshot } from "./planned-snapshot.ts";
import type { WorkOptions } from "./work-options.ts";

/** A driver that is still at work on a group may take it this long to be removed. */
const removalMs = 60_000;

/** Groups of one run, each cut once for all of its claims. */
export interface GroupWork {
  /** The group that the claim is cut with, by the key of the claim; undefined: it is in none. */
  of(key: string): PlannedGroup | undefined;
  /**
   * Cuts the group unless that was done; those of `claims` must be in it. Undefined: it could not
   * be, and each of its claims needs a snapshot of its own.
   */
  take(
    group: PlannedGroup,
    claims: readonly PlannedSnapshot[],
    signal: AbortSignal,
  ): Promise<TakenGroup | undefined>;
  /** Those that were given up go, and those of which nothing is `used`; what stays is a warning. */
  removeFailed(used: ReadonlySet<string>, signal: AbortSignal): Promise<void>;
}

export function createGroupWork(options: WorkOptions): GroupWork {
  const { api, clock, log, run, groups: planned = [] } = options;
  const byClaim = new Map(planned.flatMap((group) => group.claims.map((key) => [key, group])));
  const taken = new Map<PlannedGroup, Promise<TakenGroup | undefined>>();
  const begun = new Map<PlannedGroup, CutGroup | undefined>();

  const cut = async (
    group: PlannedGroup,
    claims: readonly PlannedSnapshot[],
    signal: AbortSignal,
  ): Promise<TakenGroup | undefined> => {
    const { groups } = api;
    if (groups === undefined) return undefined;
    begun.set(group, undefined);
    try {
      await refuseGivenUp(claims, options, signal);
      const onWait = (what: string): void =>
        options.onWait(`snapshot of volume group ${group.namespace}/${group.value}: ${what}`);
      const names = claims.map(({ claim }) => claim.name);
      const watch = { api, clock, limitMs: options.cutLimitMs, onWait, groups };
      const marked = { ...run, marks: await options.marks(signal) };
      const toTake = { group, className: group.className, claims: names };
      const done = await takeGroup(toTake, marked, watch, signal);
      begun.set(group, done.group);
      return done;
    } catch (thrown) {
      signal.throwIfAborted();
      if (isLeadershipLost(signal)) throw thrown;
      const error = toArkError(thrown);
      if (endsTheRun.has(error.code)) throw error;
      tellApart([{ ...group, claims, why: error.message }], log);
      return undefined;
    }
  };
  return {
    of: (key) => byClaim.get(key),
    async take(group, claims, signal) {
      const found = taken.get(group) ?? cut(group, claims, signal);
      taken.set(group, found);
      return await found;
    },
    async removeFailed(used, signal) {
      const { groups } = api;
      if (groups === undefined) return;
      for (const [group, made] of begun) {
        if (made !== undefined && used.has(made.handle)) continue;
        const name = { namespace: group.namespace, name: groupName(group, run) };
        options.onWait(
          `what was begun of volume group ${group.namespace}/${group.value} to be removed`,
        );
        try {
          const limits = { clock, limitMs: removalMs };
          await discardGroup(name, { api, groups }, limits, signal, made?.content);
        } catch (thrown) {
          signal.throwIfAborted();
          if (isLeadershipLost(signal)) throw thrown;
          const { message } = toArkError(thrown);
          const place = { resource: "namespaces", namespace: "", name: group.namespace };
          log.find({ severity: "warning", code: "ARK_SNAPSHOT_LEFT", message, ...place });
        }
      }
    },
  };
}

/**
 * A process before this one that could not cut the group has begun to make snapshots one by one: then
 * it stays so. Errors: ARK_SNAPSHOT_FAILED, those of the API server.
 */
async function refuseGivenUp(
  claims: readonly PlannedSnapshot[],
  { api, run }: WorkOptions,
  signal: AbortSignal,
): Promise<void> {
  for (const { claim } of claims) {
    const name = { namespace: claim.namespace, name: snapshotName(claim, run) };
    if ((await api.snapshot(name, signal)) === undefined) continue;
    throw new ArkError(
      "ARK_SNAPSHOT_FAILED",
      "it could not be cut before the run was interrupted, and some have snapshots of their own",
    );
  }
}
