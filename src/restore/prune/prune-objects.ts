import { reasonNotToPrune } from "../../domain/restore/prune.ts";
import { restoreOptions } from "../../domain/restore/restore-options.ts";
import { endsTheRun } from "../../domain/restore/retry.ts";
import { waveOf } from "../../domain/waves.ts";
import { normalSha256 } from "../../format/normal-form.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { hasCode, toArkError } from "../../lib/errors.ts";
import { valueAt } from "../../lib/json-edit.ts";
import { readObject } from "../apply/read-object.ts";
import { removalKey } from "../apply/removals.ts";
import { trySend } from "../apply/send-write.ts";
import { standingOf } from "../apply/standing.ts";
import type { PlannedDeletion } from "../plan/plan-expectation.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import { keepFormer } from "../record/keep-former.ts";
import { describeTarget, type RestoreRun, ruleContext } from "../restore-run.ts";
import { claimsAtStake, type Stakes } from "./claims-at-stake.ts";

/**
 * Removes what the plan says, exactly as the plan saw it, once all else is done and nothing has
 * failed. Errors: those that end a run.
 */
export async function pruneObjects(run: RestoreRun, signal: AbortSignal): Promise<void> {
  const { request, before, tally, log } = run;
  if (!restoreOptions(request).prune) return;
  const planned = request.planned?.deletions() ?? [];
  const left = planned.filter((one) => !before.outcomes.has(itemKey(one)));
  if (left.length === 0) return;
  const errors = Math.max(log.count("error"), tally.counts.failed);
  if (errors > 0) {
    log.find({
      severity: "warning",
      code: "ARK_NOT_PRUNED",
      message: `nothing was pruned, for the restore has ${errors === 1 ? "an error" : `${errors} errors`}: ${left.length === 1 ? "1 object that the backup does not have stays" : `${left.length} objects that the backup does not have stay`}`,
      advice: "mend them, then plan and run it again",
    });
    return;
  }
  const namespaces = new Set(left.map(({ namespace }) => namespace));
  const atStake = await claimsAtStake(run, namespaces, signal);
  const taken = takenPlaces(run);
  const waves = [...new Set(left.map(({ resource }) => waveOf(resource)))].sort((a, b) => b - a);
  for (const wave of waves) {
    run.progress.enter("removing what the backup does not have");
    const ofWave = left.filter(({ resource }) => waveOf(resource) === wave);
    const prune = async (one: PlannedDeletion): Promise<void> => {
      if (taken.has(itemKey(one))) leave(one, run, "an object of the backup stands there by now");
      else await pruneObject(one, run, atStake, signal);
    };
    await mapConcurrently(ofWave, run.limits.writers, prune);
  }
}

/** Where item actions that the plan could not ask have put objects of the backup. */
function takenPlaces({ before, plan, actions }: RestoreRun): ReadonlySet<string> {
  const places = new Set(actions?.places);
  for (const outcome of before.outcomes.values()) {
    if (outcome.standsAs === undefined) continue;
    const { resource, target } = standingOf({ plan }, outcome);
    places.add(itemKey({ resource, ...target }));
  }
  return places;
}

async function pruneObject(
  planned: PlannedDeletion,
  run: RestoreRun,
  atStake: Stakes,
  signal: AbortSignal,
): Promise<void> {
  const { resource, version, kind: kindName, namespace, name } = planned;
  const target = { version, kind: kindName, namespace, name };
  try {
    const kind = run.target.find(resource, version);
    if (kind === undefined) return;
    const ref = { kind, namespace, name };
    const raw = await run.ports.cluster.get(ref, { signal });
    const live = raw && readObject(raw.bytes, `${describeTarget(target)} of the cluster`);
    const isOurs = run.before.inDoubt.get(itemKey(planned))?.uid === planned.uid;
    const isGoing =
      live === undefined || valueAt(live, ["metadata", "deletionTimestamp"]) !== undefined;
    if (raw === undefined || live === undefined || isGoing || raw.uid !== planned.uid) {
      // Whoever deleted it: only what a process of this run was about to delete is its own doing.
      if (isOurs && (isGoing || raw?.uid !== planned.uid)) settle(planned, run);
      else if (!isGoing) leave(planned, run, "another object has its name by now");
      return;
    }
    if (normalSha256(raw) !== planned.sha256) {
      leave(planned, run, "it was changed since the plan");
      return;
    }
    const context = ruleContext(run.plan, run.request)(resource);
    const reason = atStake.reason({ namespace, uid: raw.uid });
    const kept =
      run.request.planned?.spared.get(itemKey(planned)) ??
      reasonNotToPrune({ resource, live, atStake: reason, context });
    if (kept !== undefined) {
      leave(planned, run, kept);
      return;
    }
    const { uid, resourceVersion } = raw;
    const item = { resource, namespace, name, uid };
    await Promise.all([
      keepFormer(run, { resource, target }, "delete", live),
      run.journal.intend("delete", [item]),
    ]);
    const options = { uid, resourceVersion, propagation: "Background" } as const;
    const place = removalKey({ resource, target });
    run.removals.set(place, { resource, target, uid, write: "delete" });
    const sent = await trySend(run, signal, (sending) =>
      run.ports.cluster.remove(ref, { ...options, ...sending }),
    );
    if (!sent.isDone) {
      if (!sent.mayBeDone) run.removals.delete(place);
      throw sent.thrown;
    }
    run.log.write("info", "object removed", item);
    settle(planned, run);
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    if (endsTheRun(error.code) || error.code === "ARK_NAME_LOST") throw error;
    if (hasCode(error, "ARK_API_CONFLICT")) leave(planned, run, "it was changed meanwhile");
    else fail(planned, run, error);
  }
}

function settle(planned: PlannedDeletion, run: RestoreRun): void {
  const { resource, version, kind, namespace, name, uid } = planned;
  const target = { version, kind, namespace, name };
  run.removals.delete(removalKey({ resource, target }));
  run.tally.record(target, "deleted");
  run.effects.record(target, { action: "deleted", resource, uid });
  run.journal.settled({ resource, namespace, name, action: "deleted", version, kind, uid });
}

function leave({ resource, ...planned }: PlannedDeletion, run: RestoreRun, why: string): void {
  const { namespace, name } = planned;
  run.log.find({
    severity: "warning",
    code: "ARK_NOT_PRUNED",
    message: `${describeTarget(planned)} is not in the backup, and was not removed: ${why}`,
    ...{ resource, namespace, name },
  });
}

function fail(
  { resource, ...planned }: PlannedDeletion,
  run: RestoreRun,
  { code, message }: ReturnType<typeof toArkError>,
): void {
  const { namespace, name } = planned;
  run.tally.record(planned, "failed");
  run.log.find({
    severity: "error",
    code,
    message: `${describeTarget(planned)} is not in the backup, and could not be removed: ${message}`,
    ...{ resource, namespace, name },
  });
}
