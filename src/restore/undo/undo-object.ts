import { defaultWaitLimits } from "../../domain/restore/waits.ts";
import type { FormerObject } from "../../format/former-object.ts";
import type { RestoreChange } from "../../format/restore-changes.ts";
import { hasCode } from "../../lib/errors.ts";
import { valueAt, withValue } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ObjectRef } from "../../ports/cluster.ts";
import { encodeObject, ownManager } from "../apply/apply-decision.ts";
import { makeFormer } from "../apply/make-former.ts";
import { awaitGone } from "../waits/await-gone.ts";
import { unseenWaits } from "../waits/waits.ts";
import { type AssessedUndo, assessUndo, whyHeld } from "./assess-undo.ts";
import type { UndoContext } from "./undo-context.ts";
import type { UndoOutcome, UndoPorts, UndoRequest } from "./undo-request.ts";

interface Undoing {
  readonly change: RestoreChange;
  readonly former: FormerObject | undefined;
  /** What a look at it said before; undefined: it is looked at now. */
  readonly assessed: AssessedUndo | undefined;
  readonly standing: Standing;
}

/** What is known of the object as it is worked on, also when that fails. */
export interface Standing {
  /** It is not in the cluster, or about to go: only the record has it. */
  isMissing: boolean;
}

export type Undone = Pick<
  UndoOutcome,
  "outcome" | "reason" | "flag" | "uid" | "missing" | "finalizers"
>;

/** How often an object that others change meanwhile is looked at anew. */
const maxRaces = 3;

/**
 * Undoes what the restore did to one object, as a look at it said; looks anew where it has changed
 * since. What was deleted to be made again is made also when `signal` aborts, for as long as
 * `context.late` does not. Errors: those of the API server.
 */
export async function undoObject(
  undoing: Undoing,
  context: UndoContext,
  request: UndoRequest,
  ports: UndoPorts,
  signal: AbortSignal,
): Promise<Undone> {
  let { assessed } = undoing;
  for (let races = assessed === undefined ? 1 : 0; ; races += 1) {
    try {
      assessed ??= await assessUndo(undoing.change, undoing.former, context, signal);
      return await undoOnce({ ...undoing, assessed }, context, request, ports, signal);
    } catch (thrown) {
      assessed = undefined;
      // Not found: it went since, as what an owner takes along does.
      const isRace = hasCode(thrown, "ARK_API_CONFLICT") || hasCode(thrown, "ARK_API_NOT_FOUND");
      if (!isRace || races >= maxRaces) throw thrown;
    }
  }
}

async function undoOnce(
  { change, former, assessed, standing }: Undoing & { readonly assessed: AssessedUndo },
  context: UndoContext,
  request: UndoRequest,
  ports: UndoPorts,
  signal: AbortSignal,
): Promise<Undone> {
  const { cluster } = ports;
  const { verdict, ref, live, cascade } = assessed;
  const { step, reason } = verdict;
  standing.isMissing = step === "make" || (step === "left" && verdict.missing === true);
  if (step === "left") {
    return { outcome: "left", reason, ...(verdict.flag && { flag: verdict.flag }) };
  }
  if (step === "done" || ref === undefined) return { outcome: "done before", reason };
  const held = await whyHeld(change, assessed, context, signal);
  if (held !== undefined) return { outcome: "left", reason: held };
  const { resource, kind, namespace, name } = change;
  ports.log.write("info", `undo: ${step}`, { resource, namespace, name });
  if (step === "delete" && live !== undefined) {
    const { uid, resourceVersion } = live;
    await cluster.remove(ref, { uid, resourceVersion, propagation: "Background", signal });
    const { finalizers } = live;
    return { outcome: "deleted", reason, ...(finalizers.length > 0 && { finalizers }) };
  }
  if (former === undefined) return { outcome: "left", reason: "what it was before was not kept" };
  if (step === "put back" && live !== undefined) {
    await replace(ref, former.object, live.resourceVersion, context, signal);
    return { outcome: "put back", reason, uid: live.uid };
  }
  if (step === "recreate" && live !== undefined) {
    const { uid, resourceVersion } = live;
    await cluster.remove(ref, { uid, resourceVersion, propagation: cascade, signal });
    standing.isMissing = true;
    const waits = unseenWaits(ports.clock, ports.log);
    const limits = { objectGoneMs: request.objectGoneMs ?? defaultWaitLimits.objectGoneMs };
    const waiting = { ports, limits, waits, goneBy: new Map<string, number>() };
    const target = { version: change.version, kind, namespace, name };
    await awaitGone({ ref, target, uid }, waiting, context.late);
  }
  const sending = step === "recreate" ? context.late : signal;
  const made = await makeFormer(ref, resource, former.object, context.cluster, sending);
  standing.isMissing = false;
  const { uid, statusRefused } = made;
  const told = statusRefused === "" ? reason : `${reason}; its status is lost: ${statusRefused}`;
  return { outcome: "made again", reason: told, uid };
}

/** PUT, at exactly the revision that was looked at; the status is its server's. */
async function replace(
  ref: ObjectRef,
  former: JsonObject,
  resourceVersion: string,
  { cluster }: UndoContext,
  signal: AbortSignal,
): Promise<void> {
  const body = withValue(former, ["metadata", "resourceVersion"], resourceVersion);
  await cluster.replace(ref, encodeObject(body), { fieldManager: ownManager, signal });
  const managedFields = valueAt(former, ["metadata", "managedFields"]);
  if (managedFields === undefined) return;
  const owners = encodeObject({ metadata: { managedFields } });
  await cluster.patch(ref, "merge", owners, { fieldManager: ownManager, signal });
}
