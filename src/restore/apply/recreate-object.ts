import type { RawObject } from "../../api/raw-object.ts";
import type { RestoreDecision } from "../../domain/restore/decide.ts";
import { endsTheRun } from "../../domain/restore/retry.ts";
import { shortRefusal } from "../../domain/restore/short-refusal.ts";
import { ArkError, hasCode, toArkError } from "../../lib/errors.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { journalItem } from "../record/entries-with-intents.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import { keepFormer } from "../record/keep-former.ts";
import type { TargetName } from "../report/tally.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import { awaitGone, whoLetsGo } from "../waits/await-gone.ts";
import { addClause } from "./add-clause.ts";
import { createBody } from "./apply-decision.ts";
import type { ItemInWork } from "./assess-item.ts";
import { createInPlace } from "./create-in-place.ts";
import { makeFormer } from "./make-former.ts";
import { removalKey } from "./removals.ts";
import { trySend } from "./send-write.ts";

type Recreation = Extract<RestoreDecision, { action: "recreate" }>;

/** `changed`: it is not what was looked at any more; nothing was done. */
export type Recreated =
  | { readonly state: "made"; readonly raw: RawObject }
  | { readonly state: "changed" }
  /** It is gone, and another of its name was made by others. */
  | { readonly state: "taken"; readonly formerUid: string };

/**
 * Deletes exactly the object that was looked at and makes it anew, once it is gone; not before it is
 * known that another could be made, and few at once. What it was is durable before. Where the API server refuses the new one, the former is put back; what does not
 * come to an end is remembered, for a later pass and for undoing. A cancel stops it before the
 * delete only. Errors: ARK_OBJECT_TERMINATING, ARK_OBJECT_NOT_REMADE when it is cut off, those of the store and of the API server.
 */
export async function recreateObject(
  work: ItemInWork,
  live: JsonObject,
  { cascade }: Recreation,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<Recreated> {
  const uid = textAt(live, ["metadata", "uid"]);
  const item = { ...journalItem(work.line), uid };
  const { ref, resource, target } = work;
  const { fieldManager } = work.item.ownership;
  const replacement = { ref, resource, target, body: createBody(work), fieldManager };
  await run.replacements.check(replacement, signal);
  // A process that was cut off kept it, and did nothing to it: since then it may have been edited.
  if (isUntouched(work, uid)) run.former.withdraw({ resource, ...target });
  await Promise.all([
    keepFormer(run, work, "recreate", live),
    run.journal.intend("recreate", [item]),
  ]);
  const leave = await run.recreating.enter(signal);
  try {
    return await replace({ work, live, cascade, uid, leave }, run, signal);
  } finally {
    leave();
  }
}

/** A process of this run meant to make it anew, and the object that it saw is still there. */
export function isUntouched({ inDoubt }: Pick<ItemInWork, "inDoubt">, liveUid: string): boolean {
  return inDoubt?.write === "recreate" && inDoubt.uid === liveUid;
}

interface Replacing extends Pick<Recreation, "cascade"> {
  readonly work: ItemInWork;
  readonly live: JsonObject;
  readonly uid: string;
  /** Lets the next object be deleted before this one is made. */
  readonly leave: () => void;
}

async function replace(
  { work, live, cascade, uid, leave }: Replacing,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<Recreated> {
  const { ref, resource, target } = work;
  const resourceVersion = textAt(live, ["metadata", "resourceVersion"]);
  const item = { ...journalItem(work.line), uid };
  const place = removalKey(work);
  run.removals.set(place, { resource, target, uid, write: "recreate" });
  const exactly = { uid, resourceVersion, propagation: cascade };
  const sent = await trySend(run, signal, (sending) =>
    run.ports.cluster.remove(ref, { ...exactly, ...sending }),
  );
  if (!sent.isDone) {
    const { mayBeDone, thrown } = sent;
    if (!mayBeDone) run.removals.delete(place);
    if (mayBeDone && signal.aborted) throw cutOff(target, thrown);
    if (!hasCode(thrown, "ARK_API_CONFLICT")) throw thrown;
    run.former.withdraw({ resource, ...target });
    return { state: "changed" };
  }
  run.doubts.set(itemKey(item), { ...item, write: "recreate" });
  run.log.write("info", "object deleted to be made anew", { ...target, uid });
  return await bringToItsEnd(target, run, async () => {
    // What is held by others holds up nobody else.
    await awaitGone({ ref, target, uid }, run, run.late, leave);
    return await makeAnew(work, { uid, object: live }, run, run.late);
  });
}

/** The same, for what an earlier pass or process has deleted. Errors: as {@link recreateObject}. */
export async function finishRecreation(
  work: ItemInWork,
  uid: string,
  run: RestoreRun,
): Promise<Recreated> {
  const { resource, target } = work;
  run.removals.set(removalKey(work), { resource, target, uid, write: "recreate" });
  return await bringToItsEnd(target, run, () =>
    makeAnew(work, { uid, object: undefined }, run, run.late),
  );
}

/** What is deleted is made anew also in a run that is cancelled, as long as its grace lasts. */
async function bringToItsEnd<T>(
  target: TargetName,
  run: RestoreRun,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (run.late.aborted) throw cutOff(target, thrown);
    if (!hasCode(thrown, "ARK_OBJECT_TERMINATING")) throw thrown;
    throw new ArkError(
      thrown.code,
      `this restore deleted it to make it anew, and keeps what it was: ${thrown.message}`,
      {
        advice: `${whoLetsGo}; once it is gone, this makes it again as it was: ark-ts restore undo ${run.request.name}`,
        cause: thrown,
      },
    );
  }
}

function cutOff(target: TargetName, cause: unknown): ArkError {
  return new ArkError(
    "ARK_OBJECT_NOT_REMADE",
    `the restore was cancelled after ${describeTarget(target)} was deleted, and before it was made anew`,
    { cause },
  );
}

interface Former {
  readonly uid: string;
  /** Undefined: it is in the record of the run. */
  readonly object: JsonObject | undefined;
}

async function makeAnew(
  work: ItemInWork,
  former: Former,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<Recreated> {
  try {
    const find = async () => former.object ?? (await run.former.find(former.uid))?.object;
    const raw = await createInPlace(work, find, run, signal);
    return raw === undefined ? { state: "taken", formerUid: former.uid } : { state: "made", raw };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    if (endsTheRun(error.code)) throw error;
    throw await putBack(work, former, error, run, signal);
  }
}

/** The former object, with a new uid. Answers the refusal, with what became of it. */
async function putBack(
  work: ItemInWork,
  { uid, object }: Former,
  refusal: ArkError,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<ArkError> {
  const { ref, resource } = work;
  try {
    const former = object ?? (await run.former.find(uid))?.object;
    if (former === undefined) return addClause(refusal, "; what it was before was not kept");
    const made = await makeFormer(ref, resource, former, run.ports.cluster, signal);
    run.removals.delete(removalKey(work));
    const but = made.statusRefused === "" ? "" : `, but not its status: ${made.statusRefused}`;
    return addClause(refusal, `; the former object was put back, with a new uid${but}`);
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    if (endsTheRun(error.code) || error.code === "ARK_NAME_LOST") throw error;
    const why = shortRefusal(error.message);
    return addClause(refusal, `; the former object could not be put back either: ${why}`);
  }
}
