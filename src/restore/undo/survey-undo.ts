import { endsTheRun } from "../../domain/restore/retry.ts";
import type { UndoVerdict } from "../../domain/restore/undo-verdict.ts";
import type { FormerObject } from "../../format/former-object.ts";
import type { RestoreChange } from "../../format/restore-changes.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { toArkError } from "../../lib/errors.ts";
import { arrayAt, textAt } from "../../lib/json-edit.ts";
import { followOwners } from "../owners/owner-chain.ts";
import { type AssessedUndo, assessUndo } from "./assess-undo.ts";
import { changeKey, type UndoSource } from "./load-undo.ts";
import type { UndoContext } from "./undo-context.ts";
import type { UndoOutcome } from "./undo-request.ts";

/** An object that a restore changed, as it stands before any of it is undone. */
export interface SurveyedChange {
  readonly change: RestoreChange;
  /** Undefined: it could not be looked at. */
  readonly assessed: AssessedUndo | undefined;
  /** Why not. */
  readonly unseen: string;
  /** The restore gave it to an owner that undoing deletes: it is put back before. */
  readonly beforeOwners: boolean;
  /** All uids that it would go with, owners of owners too. */
  readonly owners: ReadonlySet<string>;
}

/**
 * Looks at all that a restore changed, and tells `context.stays` what will be there still. One that
 * cannot be looked at stops nothing. Errors: those that end a run, those of the record.
 */
export async function surveyUndo(
  source: UndoSource,
  context: UndoContext,
  writers: number,
  signal: AbortSignal,
): Promise<readonly SurveyedChange[]> {
  const surveyed: SurveyedChange[] = [];
  const made = source.changes.filter(({ action }) => action === "created");
  const look = async (change: RestoreChange, former: FormerObject | undefined): Promise<void> => {
    signal.throwIfAborted();
    const one = await surveyChange(change, former, context, signal);
    noteStay(one, context);
    surveyed.push(one);
  };
  await mapConcurrently(made, writers, (change) => look(change, undefined));
  const rest = restOf(source);
  for await (const part of source.formers(signal)) {
    await mapConcurrently(part, writers, async (former) => {
      const change = rest.get(changeKey(former));
      rest.delete(changeKey(former));
      if (change !== undefined) await look(change, former);
    });
  }
  await mapConcurrently([...rest.values()], writers, (change) => look(change, undefined));
  return surveyed;
}

function restOf({ changes }: UndoSource): Map<string, RestoreChange> {
  const rest = changes.filter(({ action }) => action !== "created");
  return new Map(rest.map((change) => [changeKey(change), change]));
}

async function surveyChange(
  change: RestoreChange,
  former: FormerObject | undefined,
  context: UndoContext,
  signal: AbortSignal,
): Promise<SurveyedChange> {
  const owners = new Set<string>();
  const one = { change, assessed: undefined, unseen: "", beforeOwners: false, owners };
  try {
    const assessed = await assessUndo(change, former, context, signal);
    const { verdict, live } = assessed;
    if (!mayStay(change, verdict) || live === undefined || context.made.size === 0) {
      return { ...one, assessed };
    }
    const isOwn = ["", live.uid].includes(change.uid) || live.uid === former?.uid;
    // What others made under its name goes with the owners that they gave it.
    if (!isOwn && live.uid !== context.undone.get(changeKey(change))) return { ...one, assessed };
    const look = { cluster: context.cluster, served: context.target.served };
    const unseen = await followOwners(look, live, owners, signal);
    const isOwned = [...owners].some((uid) => context.made.has(uid));
    const beforeOwners = isOwned && verdict.step === "put back";
    const told = unseen === undefined ? "" : `its owners cannot be told: ${unseen}`;
    return { ...one, assessed, beforeOwners, unseen: told };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    if (endsTheRun(error.code)) throw error;
    return { ...one, unseen: error.message };
  }
}

/** What is deleted, or made again whatever happens to it, needs no owner. */
function mayStay({ resource }: RestoreChange, { step }: UndoVerdict): boolean {
  // A definition stays where objects of others are found, which is asked for last.
  if (step === "delete") return resource === "customresourcedefinitions.apiextensions.k8s.io";
  return step !== "make" && step !== "recreate";
}

function noteStay(
  { change, assessed, unseen, owners }: SurveyedChange,
  { stays, target }: UndoContext,
): void {
  if (assessed === undefined || unseen !== "") {
    stays.leaveUnseen(change);
    return;
  }
  const { verdict, live, ref } = assessed;
  const [group = ""] = change.version.includes("/") ? change.version.split("/") : [];
  if (ref === undefined && target.brokenGroups.includes(group)) stays.leaveUnseen(change);
  if (live === undefined || live.terminating || !mayStay(change, verdict)) return;
  if (verdict.step === "left") stays.leave(change, owners);
  else stays.keep(change, owners);
}

/** Tells `context` what became of one object, or would. */
export function settleUndone(
  { change, assessed, owners }: SurveyedChange,
  outcome: UndoOutcome["outcome"],
  former: FormerObject | undefined,
  { going, stays }: UndoContext,
): void {
  const live = assessed?.live;
  if (outcome === "deleted") {
    going.add(live?.uid ?? change.uid);
    stays.release(change);
  } else if (outcome === "put back" && former !== undefined) {
    const references = arrayAt(former.object, ["metadata", "ownerReferences"]);
    stays.release(change);
    stays.keep(
      change,
      references.map((owner) => textAt(owner, ["uid"])),
    );
  } else if (outcome === "failed" || (outcome === "left" && live !== undefined)) {
    if (live?.terminating === true) return;
    stays.leave(change, owners);
    for (const need of live?.needs ?? []) stays.need(change, need);
  }
}
