import { isRemovable, type SnapshotTrace } from "../domain/volumes/csi/judge-trace.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import { type ArkError, toArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import { discardGroup, releaseGroup } from "./csi/remove-group.ts";
import { discardSnapshot, releaseSnapshot } from "./csi/remove-snapshots.ts";
import type { SnapshotApi } from "./csi/snapshot-api.ts";
import type { JudgedTrace } from "./find-orphans.ts";

const atOnce = 10;
/** For one of them. */
const removalMs = 60_000;

export interface RemovedOrphans {
  readonly removed: readonly SnapshotTrace[];
  /** Begun and not done. */
  readonly left: readonly { readonly trace: SnapshotTrace; readonly error: ArkError }[];
}

/**
 * Removes those that may be removed: an orphan with what the storage holds of it; of a released one
 * the objects only, as its backup owns the rest. Errors: those after which nothing can go on.
 */
export async function removeOrphans(
  judged: readonly JudgedTrace[],
  { api, clock }: { readonly api: SnapshotApi; readonly clock: Clock },
  signal: AbortSignal,
): Promise<RemovedOrphans> {
  const removed: SnapshotTrace[] = [];
  const left: { trace: SnapshotTrace; error: ArkError }[] = [];
  const chosen = judged.filter(({ verdict }) => isRemovable(verdict));
  await mapConcurrently(chosen, atOnce, async ({ trace, verdict }) => {
    try {
      await removeOne(trace, verdict.state === "released", { api, clock }, signal);
      removed.push(trace);
    } catch (thrown) {
      signal.throwIfAborted();
      left.push({ trace, error: toArkError(thrown) });
    }
  });
  return { removed, left };
}

async function removeOne(
  { namespace, name, content, isGroup }: SnapshotTrace,
  isReleased: boolean,
  { api, clock }: { readonly api: SnapshotApi; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const limits = { clock, limitMs: removalMs };
  const of = { namespace, name };
  if (isGroup === true && api.groups !== undefined) {
    const apis = { api, groups: api.groups };
    if (isReleased) await releaseGroup(of, content, apis, signal);
    else await discardGroup(of, apis, limits, signal, content);
  } else if (isReleased) await releaseSnapshot(of, content, api, signal);
  else await discardSnapshot(of, api, limits, signal, content);
}
