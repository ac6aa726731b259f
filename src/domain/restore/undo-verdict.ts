import type { GroupResource } from "../../api/resource-kind.ts";
import { textAt, valueAt } from "../../lib/json-edit.ts";
import { equalJson } from "../../lib/json-equal.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { type FormThen, isChangedSince } from "./changed-since.ts";
import { deletesItsClaims } from "./recreate.ts";

/** What a restore did to one object. */
export interface UndoChange {
  readonly action: "created" | "updated" | "recreated" | "deleted";
  readonly resource: GroupResource;
  /** Of the object that the restore left there. Empty: not known. */
  readonly uid: string;
  readonly written?: FormThen;
  /** The API server never answered: it may not have been done, or another object made instead. */
  readonly unanswered?: boolean;
}

export interface UndoInput {
  readonly change: UndoChange;
  /** Of what was put back or made again when the restore was undone before. */
  readonly undoneUid?: string | undefined;
  /** An undo before this one has told that nothing was left to be done about it. */
  readonly isSettled?: boolean;
  /** What was there before; as a create would send it, in `clean`. */
  readonly former: { readonly uid: string; readonly clean: JsonObject } | undefined;
  /** What is there now. */
  readonly live:
    | {
        readonly uid: string;
        /** As it is, and as it was before it was given owners. */
        readonly forms: readonly FormThen[];
        readonly object: JsonObject;
        readonly clean: JsonObject;
        /** Field managers of others that have written to it since the restore; empty: they do not tell. */
        readonly managers: readonly string[];
        /** ark-ts has, too: by another restore, or by undoing or activating one. Default false. */
        readonly byItself?: boolean;
      }
    | undefined;
  /** Its controller is an object that the restore made: what that changes is no change of others. */
  readonly isControlled: boolean;
  /** A claim names it as its owner: the claim's data goes with it. `unknown`: none may be listed. */
  readonly ownsClaims: boolean | "unknown";
  /** Objects that were changed since are undone too. */
  readonly changedToo: boolean;
  /** Claims and volumes may be deleted, with the data in them. */
  readonly dataToo: boolean;
}

export type UndoVerdict =
  /** `delete`: what the restore made. `put back`: the former content. `make`: the former object. */
  | { readonly step: "delete" | "put back" | "recreate" | "make"; readonly reason: string }
  /** Nothing is left to be done. */
  | { readonly step: "done"; readonly reason: string }
  /** It cannot be undone, or only with a flag. */
  | {
      readonly step: "left";
      readonly reason: string;
      readonly flag?: string;
      /** It is not in the cluster, or about to go: only the record has it. */
      readonly missing?: true;
    };

const changedFlag = "--changed-too";
const dataFlag = "--delete-data";
const withData: readonly GroupResource[] = ["persistentvolumeclaims", "persistentvolumes"];

/** Works by uid: an object that others made under the same name is never touched. */
export function decideUndo(input: UndoInput): UndoVerdict {
  const { change, live } = input;
  if (input.isSettled === true || (live !== undefined && live.uid === input.undoneUid)) {
    return { step: "done", reason: "it was undone before" };
  }
  if (change.action === "deleted") return undoDeleted(input);
  if (change.action === "created") return undoCreated(input);
  if (input.former === undefined) {
    return { step: "left", reason: "what it was before was not kept" };
  }
  if (live === undefined) {
    return change.action === "updated"
      ? { step: "left", reason: "it was updated, and has been deleted since" }
      : { step: "make", reason: "it was deleted to be made anew, and is not there" };
  }
  if (isAsBefore(input)) {
    const isAnother =
      change.action === "recreated" && ![change.uid, input.former.uid].includes(live.uid);
    const reason = isAnother
      ? "another object has its name by now, and is as the former one was"
      : "it is as it was before";
    return { step: "done", reason };
  }
  if (change.action === "updated" && live.uid !== input.former.uid) {
    return { step: "left", reason: "another object has its name by now" };
  }
  if (change.action === "recreated" && live.uid !== change.uid) {
    return { step: "left", reason: "another object has its name by now" };
  }
  if (isTerminating(live.object)) return { step: "left", reason: "it is being deleted" };
  const kept = change.action === "recreated" ? keepsData(input) : undefined;
  const refused = kept ?? changedByOthers(input);
  if (refused !== undefined) return refused;
  return change.action === "updated"
    ? { step: "put back", reason: "it was updated" }
    : { step: "recreate", reason: "it was made anew; the former object gets a new uid" };
}

function undoDeleted(input: UndoInput): UndoVerdict {
  const { former, live, change } = input;
  if (former === undefined) return { step: "left", reason: "what it was before was not kept" };
  if (live === undefined) {
    return { step: "make", reason: "it was deleted; it gets a new uid" };
  }
  if (live.uid === change.uid) {
    return isTerminating(live.object)
      ? { step: "left", reason: "it is still being deleted", missing: true }
      : { step: "done", reason: "it was not deleted after all" };
  }
  if (equalJson(live.clean, former.clean)) return { step: "done", reason: "it is there again" };
  if (change.unanswered !== true) {
    return { step: "left", reason: "another object has its name by now" };
  }
  if (!input.changedToo) return notKnown;
  return keepsData(input) ?? { step: "recreate", reason: "the former object gets a new uid" };
}

/** Somebody has to look: it may be another's. */
const notKnown: UndoVerdict = {
  step: "left",
  reason: "whether the restore made what is there was never answered",
  flag: changedFlag,
};

function undoCreated(input: UndoInput): UndoVerdict {
  const { change, live } = input;
  if (live === undefined) return { step: "done", reason: "it is not there any more" };
  if (change.unanswered === true) {
    if (!input.changedToo) return notKnown;
    return keepsData(input) ?? { step: "delete", reason: "the restore may have made it" };
  }
  if (change.uid === "") return { step: "left", reason: "its uid is not known" };
  if (live.uid !== change.uid) {
    return { step: "done", reason: "it is gone; another object has its name by now" };
  }
  if (isTerminating(live.object)) return { step: "done", reason: "it is being deleted" };
  return (
    keepsData(input) ?? changedByOthers(input) ?? { step: "delete", reason: "the restore made it" }
  );
}

function keepsData({ change, live, ownsClaims, dataToo }: UndoInput): UndoVerdict | undefined {
  if (live === undefined || dataToo) return undefined;
  const { object } = live;
  const phase = textAt(object, ["status", "phase"]);
  if (withData.includes(change.resource) && phase === "Bound") {
    return { step: "left", reason: "there may be data behind it", flag: dataFlag };
  }
  if (ownsClaims === "unknown") return unseenClaims;
  const goesWithIt =
    ownsClaims || (change.resource === "statefulsets.apps" && deletesItsClaims(object));
  return goesWithIt
    ? { step: "left", reason: "claims would be deleted with it", flag: dataFlag }
    : undefined;
}

const unseenClaims: UndoVerdict = {
  step: "left",
  reason: "claims may be deleted with it, and this user may not list persistentvolumeclaims there",
  flag: dataFlag,
};

function changedByOthers(input: UndoInput): UndoVerdict | undefined {
  const { change, live, changedToo, isControlled } = input;
  if (live === undefined || changedToo || isControlled) return undefined;
  if (live.forms.some((form) => !isChangedSince(change.written, form))) {
    return undefined;
  }
  const by = [
    ...(live.managers.length === 0 ? [] : [`by field manager ${live.managers.join(", ")}`]),
    ...(live.byItself === true ? [byItself] : []),
  ];
  const told = by.length === 0 ? "" : ` (${by.join("; ")})`;
  return { step: "left", reason: `it was changed since the restore${told}`, flag: changedFlag };
}

const byItself = "by ark-ts itself: where another restore came after this one, undo that one first";

function isAsBefore({ change, former, live }: UndoInput): boolean {
  if (former === undefined || live === undefined) return false;
  if (change.action === "updated" && live.uid !== former.uid) return false;
  return equalJson(live.clean, former.clean);
}

function isTerminating(object: JsonObject): boolean {
  return valueAt(object, ["metadata", "deletionTimestamp"]) !== undefined;
}
