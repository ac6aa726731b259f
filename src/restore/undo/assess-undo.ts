import type { RawObject } from "../../api/raw-object.ts";
import { type GroupResource, groupResource } from "../../api/resource-kind.ts";
import type { ItemReference } from "../../domain/references/item-reference.ts";
import { type ServiceRole, serviceRoleOf } from "../../domain/restore/behind-service.ts";
import { isChangedSince } from "../../domain/restore/changed-since.ts";
import { type Cascade, mayRecreate } from "../../domain/restore/recreate.ts";
import { accountsBoundBy, needsOf } from "../../domain/restore/undo-needs.ts";
import { decideUndo, type UndoVerdict } from "../../domain/restore/undo-verdict.ts";
import type { FormerObject } from "../../format/former-object.ts";
import type { RestoreChange } from "../../format/restore-changes.ts";
import { hasCode } from "../../lib/errors.ts";
import { arrayAt, textAt, valueAt } from "../../lib/json-edit.ts";
import type { JsonObject, JsonValue } from "../../lib/json-text.ts";
import type { ObjectRef } from "../../ports/cluster.ts";
import { ownManager } from "../apply/apply-decision.ts";
import { cleanForm } from "../apply/make-former.ts";
import { readObject } from "../apply/read-object.ts";
import { formsWithoutOwners, formsWithoutToken, writtenForm } from "../apply/written-form.ts";
import { contentOf } from "../survey/namespace-content.ts";
import type { TargetKinds } from "../survey/target-kinds.ts";
import type { ActivatedForm } from "./activated-before.ts";
import { changeKey } from "./load-undo.ts";
import type { UndoContext } from "./undo-context.ts";

export interface AssessedUndo {
  readonly verdict: UndoVerdict;
  readonly ref: ObjectRef | undefined;
  /** What stands there. */
  readonly live: LiveObject | undefined;
  /** Of what it owns, when it is deleted to be made again as it was. */
  readonly cascade: Cascade;
}

export interface LiveObject
  extends Pick<RawObject, "uid" | "resourceVersion" | "terminating" | "namespace"> {
  /** Its owner references. */
  readonly references: readonly JsonValue[];
  /** Those that another than the cluster itself has to take away before it can go. */
  readonly finalizers: readonly string[];
  /** uid of its controller; empty: it has none. */
  readonly controller: string;
  /** What it names and cannot do without. */
  readonly needs: readonly ItemReference[];
  /** Of a binding: the accounts whose rights go with it. */
  readonly bound: readonly ItemReference[];
  readonly serviceRole: ServiceRole;
}

/**
 * Looks at the object now and says what undoing does about it; of what must stay for others,
 * {@link whyHeld} tells. Errors: those of a GET.
 */
export async function assessUndo(
  change: RestoreChange,
  former: FormerObject | undefined,
  context: UndoContext,
  signal: AbortSignal,
): Promise<AssessedUndo> {
  const ref = refOfChange(change, context.target);
  if (ref === undefined) {
    const reason = `${change.version} ${change.kind} is not served any more`;
    const gone = change.action === "deleted" ? { missing: true as const } : {};
    return { verdict: { step: "left", reason, ...gone }, ref, live: undefined, cascade: "Orphan" };
  }
  const raw = await context.cluster.get(ref, { signal });
  const object = raw && readObject(raw.bytes, `${change.kind} "${change.name}" of the cluster`);
  const forms =
    raw === undefined
      ? []
      : [writtenForm(raw), ...formsWithoutOwners(raw), ...formsWithoutToken(raw, change.resource)];
  const verdict = decideUndo({
    change: asActivated(change, context.activated.get(raw?.uid ?? "")),
    undoneUid: context.undone.get(changeKey(change)),
    isSettled: context.settled.has(changeKey(change)),
    former: former && { uid: former.uid, clean: cleanForm(change.resource, former.object) },
    live: raw &&
      object && {
        uid: raw.uid,
        forms,
        object,
        clean: cleanForm(change.resource, object),
        ...writersSince(object, context.restored.ended),
      },
    isControlled: object !== undefined && context.made.has(controllerOf(object)),
    ownsClaims: raw === undefined ? false : context.claims.owned(change, raw.uid),
    changedToo: context.changedToo,
    dataToo: context.dataToo,
  });
  const live = raw && object && liveObject(change.resource, raw, object);
  if (verdict.step !== "recreate" || object === undefined || former === undefined) {
    return { verdict, ref, live, cascade: "Orphan" };
  }
  const again = mayRecreate(change.resource, object, former.object, true);
  if (again.may) return { verdict, ref, live, cascade: again.cascade };
  return { verdict: { step: "left", reason: again.reason }, ref, live, cascade: "Orphan" };
}

function controllerOf(object: JsonObject): string {
  const owners = arrayAt(object, ["metadata", "ownerReferences"]);
  return textAt(
    owners.find((owner) => valueAt(owner, ["controller"]) === true),
    ["uid"],
  );
}

/** What activation has written of what nobody had changed is the restore's own, too. */
function asActivated(change: RestoreChange, activated: ActivatedForm | undefined): RestoreChange {
  if (activated === undefined) return change;
  const { before, written } = activated;
  const wasChanged = before.every((form) => isChangedSince(change.written, form));
  return wasChanged ? change : { ...change, written };
}

function liveObject(resource: GroupResource, raw: RawObject, object: JsonObject): LiveObject {
  const { uid, resourceVersion, terminating, namespace } = raw;
  const references = arrayAt(object, ["metadata", "ownerReferences"]);
  const needs = needsOf(resource, namespace, object);
  const bound = accountsBoundBy(resource, namespace, object);
  const controller = controllerOf(object);
  const finalizers = arrayAt(object, ["metadata", "finalizers"]).filter(isForeignFinalizer);
  const known = { uid, resourceVersion, terminating, namespace, references, finalizers };
  return { ...known, controller, needs, bound, serviceRole: serviceRoleOf(resource, object) };
}

function isForeignFinalizer(one: JsonValue): one is string {
  const isOfCluster = /(?:^|\.)(?:kubernetes|k8s)\.io(?:\/|$)|^(?:foregroundDeletion|orphan)$/;
  return typeof one === "string" && !isOfCluster.test(one);
}

/** Why what was decided must not be done, for the sake of others. Errors: those of GET and LIST. */
export async function whyHeld(
  change: RestoreChange,
  { verdict, live }: AssessedUndo,
  context: UndoContext,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (verdict.step === "make") return await whyNoPlace(change.namespace, context, signal);
  if (verdict.step !== "delete" || live === undefined) return undefined;
  return (
    context.stays.reason({ ...change, uid: live.uid }) ?? (await contentOf(change, context, signal))
  );
}

/** Of a namespace that others have deleted since nothing is made again. Errors: those of a GET. */
async function whyNoPlace(
  namespace: string,
  { cluster, target }: UndoContext,
  signal: AbortSignal,
): Promise<string | undefined> {
  const kind = target.find("namespaces", "v1");
  if (namespace === "" || kind === undefined) return undefined;
  try {
    const raw = await cluster.get({ kind, namespace: "", name: namespace }, { signal });
    if (raw === undefined) return `its namespace "${namespace}" is not there any more`;
    return raw.terminating ? `its namespace "${namespace}" is being deleted` : undefined;
  } catch (thrown) {
    // Who may not look at namespaces may still write into this one.
    if (hasCode(thrown, "ARK_API_FORBIDDEN")) return undefined;
    throw thrown;
  }
}

export function refOfChange(change: RestoreChange, target: TargetKinds): ObjectRef | undefined {
  const { resource, version, namespace, name } = change;
  const kind =
    target.find(resource, version) ??
    target.served.find((one) => one.preferred && groupResource(one) === resource);
  return kind && { kind, namespace, name };
}

/**
 * Who has written to it since then. The object may have come with managers of the backup, or have
 * had some before it was updated: those have changed nothing. Times are seconds: where nobody wrote
 * later, all who wrote in that very second are named.
 */
function writersSince(object: JsonObject, then: string) {
  const thenMs = Date.parse(then);
  const writes = arrayAt(object, ["metadata", "managedFields"])
    .filter((entry) => textAt(entry, ["subresource"]) !== "status")
    .map((entry) => ({
      manager: textAt(entry, ["manager"]),
      timeMs: Date.parse(textAt(entry, ["time"])),
    }))
    .filter(({ timeMs }) => timeMs >= thenMs);
  const later = writes.filter(({ timeMs }) => timeMs > thenMs);
  const byItself = later.some(({ manager }) => manager === ownManager);
  const others = (later.length > 0 ? later : writes).filter(
    ({ manager }) => manager !== ownManager,
  );
  return { managers: [...new Set(others.map(({ manager }) => manager))].sort(), byItself };
}
