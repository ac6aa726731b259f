import type { RawObject } from "../../api/raw-object.ts";
import { apiVersion, groupResource } from "../../api/resource-kind.ts";
import type { Finding } from "../../api/results.ts";
import type { BackupEntry } from "../../catalog/opened-backup.ts";
import {
  asGiven,
  hasInitContainers,
  initHookContainers,
  withInitContainers,
} from "../../domain/hooks/init-hook-containers.ts";
import {
  type DecisionInput,
  decideRestore,
  mayLackOwners,
  type RestoreDecision,
  withLostOwners,
} from "../../domain/restore/decide.ts";
import { adviceToRecreate, fixedFields } from "../../domain/restore/fixed-fields.ts";
import { adviceOnHolder, holderOf } from "../../domain/restore/held-volume.ts";
import { isPassive } from "../../domain/restore/passive/make-passive.ts";
import { stampObject } from "../../domain/restore/restore-labels.ts";
import { restoreOptions } from "../../domain/restore/restore-options.ts";
import type { RuleContext } from "../../domain/restore/rule.ts";
import { cleanItem, finishItem, type TransformedItem } from "../../domain/restore/transform.ts";
import type { IndexLine } from "../../format/index-line.ts";
import { normalSha256 } from "../../format/normal-form.ts";
import type { RestoreIntent } from "../../format/restore-journal.ts";
import { ArkError } from "../../lib/errors.ts";
import { objectAt, textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ObjectRef } from "../../ports/cluster.ts";
import type { ActionSight } from "../actions/action-sight.ts";
import { foreseeActions } from "../actions/foresee-actions.ts";
import { awaitLeaving } from "../natives/await-leaving.ts";
import { lostOwners, type ReadMeant, whyKept, whyNoPod } from "../owners/owners-of-item.ts";
import { journalItem } from "../record/entries-with-intents.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import type { TargetName } from "../report/tally.ts";
import { describeTarget, type RestoreRun, ruleContext, targetOf } from "../restore-run.ts";
import { kindNotServed } from "../survey/kind-not-served.ts";
import type { LiveTable } from "../survey/live-table.ts";
import { labelsOf } from "../survey/survey-references.ts";
import type { CleanedObject } from "./cleaned-object.ts";
import { objectKey } from "./object-key.ts";
import { readBackedUp } from "./read-backed-up.ts";
import { readObject } from "./read-object.ts";

/** What an assessment needs of a run. It writes nothing: a plan has these too. */
export type Assessor = Pick<
  RestoreRun,
  "request" | "ports" | "backup" | "plan" | "target" | "before" | "freshNamespaces" | "lookup"
> &
  Partial<Pick<RestoreRun, "doubts" | "lateApis" | "perhapsPatched">> & {
    /** Absent: there are none. */
    readonly actions?: ActionSight | undefined;
  };

type DesiredItem = Extract<TransformedItem, { kind: "object" }>;

/** One object of the backup as it is to be in the target; the target has not been looked at. */
export interface ShapedObject {
  readonly line: IndexLine;
  readonly resource: string;
  readonly target: TargetName;
  readonly backedUp: JsonObject;
  /** Without `initContainers`. */
  readonly item: DesiredItem;
  /** That restore hooks add to a pod. */
  readonly initContainers: readonly JsonObject[];
  readonly context: RuleContext;
  /** What a process of this run was about to do with it, this one or one that died. */
  readonly inDoubt: RestoreIntent | undefined;
  /** Of a PersistentVolume: the provider's id of the new volume that it stands for. */
  readonly volumeId?: string;
}

/** One object on its way into the target. */
export interface ItemInWork extends ShapedObject {
  readonly ref: ObjectRef;
}

/** Which object the target has, in which state. */
export interface LiveIdentity {
  readonly uid: string;
  readonly resourceVersion: string;
  /** Of its normalised form: a change of status alone leaves it as it is. */
  readonly sha256: string;
}

/** What would happen to one object, and why. */
export interface Assessment {
  readonly work: ItemInWork;
  readonly decision: RestoreDecision;
  /** What the decision was made of. */
  readonly live: JsonObject | undefined;
  readonly liveIdentity: LiveIdentity | undefined;
  /** The same, as the API server sent it. */
  readonly raw: RawObject | undefined;
  /** To be told when it happens so. */
  readonly findings: readonly Finding[];
}

export type ReadItem =
  | { readonly kind: "unselected" }
  | { readonly kind: "left out"; readonly reason: string }
  | { readonly kind: "object"; readonly object: CleanedObject };

/**
 * Labels and rules: whether the object is to be restored. Errors: ARK_JSON_INVALID,
 * ARK_BACKUP_DAMAGED.
 */
export function readItem(entry: BackupEntry, run: Assessor): ReadItem {
  const { plan } = run;
  const { line } = entry;
  const { resource, namespace = "" } = line;
  const backedUp = readBackedUp(entry, run.backup.name);
  const key = objectKey(resource, namespace, line.name);
  const pulledIn = plan.pulledIn.has(key) || run.actions?.asked.has(key) === true;
  if (!pulledIn && !plan.selection.includesLabels(resource, namespace, labelsOf(backedUp))) {
    return { kind: "unselected" };
  }
  return cleanBackedUp(line, backedUp, run);
}

/** The same of an object that was restored, whatever the labels say. */
export function readRestored(entry: BackupEntry, run: Assessor): ReadItem {
  return cleanBackedUp(entry.line, readBackedUp(entry, run.backup.name), run);
}

function cleanBackedUp(line: IndexLine, backedUp: JsonObject, run: Assessor): ReadItem {
  const { plan } = run;
  const context = ruleContext(plan, run.request)(line.resource);
  const read = cleanItem({ backedUp, context, changes: plan.changes });
  if (read.kind === "left out") return read;
  const target = targetOf(plan, line);
  return { kind: "object", object: { line, target, backedUp, context, cleaned: read.object } };
}

/**
 * Mapping, modifiers and marks: what the object is to be. `acted`: what item actions made of it,
 * perhaps of another kind.
 */
export function shapeObject(
  { line, target, backedUp, context, cleaned }: CleanedObject,
  run: Assessor,
  acted: JsonObject = cleaned,
): ShapedObject {
  const { plan } = run;
  const { resource } = line;
  const finished = finishItem(acted, {
    backedUp,
    context,
    targetNamespace: target.namespace,
    restoresStatus: plan.selection.restoresStatus(resource),
    changes: plan.changes,
  });
  const item = { ...finished, desired: stamped(finished.desired, run) };
  const hooks = run.request.spec.hooks?.resources ?? [];
  const at = { namespace: target.namespace, formerUid: line.uid };
  const initContainers = resource === "pods" ? initHookContainers(item.desired, hooks, at) : [];
  const key = itemKey(journalItem(line));
  const inDoubt = run.doubts?.get(key) ?? run.before.inDoubt.get(key);
  const place = placeOf(run, { resource, target }, item.desired);
  const isSame = place.resource === resource;
  return {
    ...{ line, backedUp, item, initContainers, inDoubt, ...place },
    context: isSame ? context : ruleContext(plan, run.request)(place.resource),
  };
}

/** A modifier or an action may give another name, and another kind or version: it is written as what it says. */
function placeOf(
  run: Assessor,
  from: Pick<ShapedObject, "resource" | "target">,
  desired: JsonObject,
): Pick<ShapedObject, "resource" | "target"> {
  const { resource } = from;
  if (resource === "namespaces") return from;
  const version = textAt(desired, ["apiVersion"]) || from.target.version;
  const kind = textAt(desired, ["kind"]) || from.target.kind;
  const target = { ...from.target, version, kind, name: textAt(desired, ["metadata", "name"]) };
  if (version === from.target.version && kind === from.target.kind) return { resource, target };
  const served = run.target.served.find((one) => one.kind === kind && apiVersion(one) === version);
  return { resource: served === undefined ? unservedKind : groupResource(served), target };
}

/** Of an object that was changed to what nothing serves; no kind has this name. */
const unservedKind = "";

/**
 * Decides what is to be done with an object, by what the target has. `live` undefined: whatever the
 * survey of the target said, it is looked at now. Errors: ARK_KIND_NOT_SERVED; those of a GET.
 */
export async function assessItem(
  object: ShapedObject,
  run: Assessor,
  live: LiveTable | undefined,
  signal: AbortSignal,
): Promise<Assessment> {
  const { resource, target, context, initContainers, line } = object;
  const ref = refOf(run, object);
  const isAbsent =
    object.inDoubt === undefined &&
    live?.stateOf(resource, target.namespace, target.name).state === "absent";
  const raw = isAbsent ? undefined : await run.ports.cluster.get(ref, { signal });
  const present = raw && readObject(raw.bytes, `${ref.kind.kind} "${target.name}" of the cluster`);
  const { policy } = restoreOptions(run.request);
  const isNamed = run.plan.selection.mayRecreate(resource, line.namespace ?? "", line.name);
  // What is there and at work is not put to rest.
  const wanted = object.item.awake !== undefined && present !== undefined && !isPassive(present);
  const shaped = wanted ? stamped(object.item.awake, run) : object.item.desired;
  // A pod that is there without them is what the backup has: they are for pods that are made.
  const getsThem = present === undefined || hasInitContainers(present, initContainers);
  const added = present === undefined ? initContainers : asGiven(initContainers, present);
  const desired = getsThem ? withInitContainers(shaped, added) : shaped;
  const input = { resource, desired, live: present, policy, context, isNamed };
  const kept = await leftToController(object, input, run, signal);
  const owned = await decideByOwners(object, kept, { run, present }, signal);
  const decision = await awaitLeaving(object, owned, { run, present }, signal);
  const meant = wanted ? { ...object.item, awake: undefined } : object.item;
  const made =
    decision.action === "recreate" ? withInitContainers(desired, initContainers) : desired;
  const item = wanted || initContainers.length > 0 ? { ...meant, desired: made } : meant;
  const work = { ...object, ref, item };
  const findings = [decision].flatMap(leftOf).map((left) => difference(work, run, left, present));
  const liveIdentity = raw && identityOf(raw);
  return { work, decision, live: present, raw, liveIdentity, findings };
}

interface Deciding {
  readonly run: Assessor;
  readonly present: JsonObject | undefined;
}

/**
 * What a standing controller keeps as it wants is not written to, for that would be undone, but for
 * labels and annotations, which are its users'. An object that was named is the user's whole.
 */
async function leftToController(
  object: ShapedObject,
  input: DecisionInput,
  run: Assessor,
  signal: AbortSignal,
): Promise<RestoreDecision> {
  const { live, policy } = input;
  const decision = decideRestore(input);
  const isOwn = object.inDoubt !== undefined && object.inDoubt.write !== "patch";
  const differs =
    ["patch", "recreate"].includes(decision.action) ||
    (decision.action === "skip" && decision.differs);
  if (live === undefined || isOwn || input.isNamed === true || !differs) return decision;
  const reason = await whyKept(object, live, run, signal);
  if (reason === undefined) return decision;
  const update = decideRestore({ ...input, policy: "update" });
  const { labels, annotations } =
    update.action === "patch" ? objectAt(update.patch, ["metadata"]) : {};
  if (labels === undefined && annotations === undefined) {
    return { action: "skip", reason, differs: false };
  }
  if (policy === "none") return decision;
  const metadata = {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { action: "patch", reason: "its labels or annotations differ", patch: { metadata } };
}

/** What the object alone does not tell: whether its controller stands, and which owners it has lost. */
async function decideByOwners(
  object: ShapedObject,
  decision: RestoreDecision,
  { run, present }: Deciding,
  signal: AbortSignal,
): Promise<RestoreDecision> {
  const { item, inDoubt, resource } = object;
  if (item.owners.length === 0) return decision;
  const read: ReadMeant = async (line, reading) => {
    const owner = readItem({ line, bytes: await run.backup.read(line, reading) }, run);
    if (owner.kind !== "object") return undefined;
    // What does more than compute has no say in this: nobody can ask it twice.
    const foreseen = run.actions && (await foreseeActions(owner.object, run.actions, reading));
    const acted = foreseen?.acted ?? { kind: "object", object: undefined };
    if (acted.kind === "left out") return undefined;
    const { resource: meant, target } = shapeObject(owner.object, run, acted.object);
    return { resource: meant, target };
  };
  if (decision.action === "create") {
    const reason = await whyNoPod(object, run, read, signal);
    return reason === undefined ? decision : { action: "skip", reason, differs: false };
  }
  const { policy } = restoreOptions(run.request);
  // What this run has made itself gets its owners in any case.
  const isOwn = inDoubt !== undefined && inDoubt.write !== "patch";
  if (isOwn || present === undefined) return decision;
  if (!mayLackOwners(decision, { resource, live: present, policy })) return decision;
  return withLostOwners(decision, await lostOwners(object, present, { run, read }, signal));
}

/** With the marks of this restore, where it makes them. */
export function stamped(object: JsonObject, { request, backup }: Assessor): JsonObject {
  return request.stampLabels === true ? stampObject(object, backup.name, request.name) : object;
}

type LeftAlone = Pick<Extract<RestoreDecision, { action: "skip" }>, "reason" | "fields">;

/** What differs and is not written to, wholly or in some fields. */
function leftOf(decision: RestoreDecision): readonly LeftAlone[] {
  if (decision.action === "skip") return decision.differs ? [decision] : [];
  if (decision.action !== "patch" || decision.left === undefined) return [];
  return [{ reason: "it is there and differs", fields: decision.left }];
}

const namedFields = 3;

function difference(
  { resource, target, line, item }: ShapedObject,
  { request }: Assessor,
  { reason, fields = [] }: LeftAlone,
  live: JsonObject = {},
): Finding {
  const more = fields.length > namedFields ? ` and ${fields.length - namedFields} more` : "";
  const which = fields.slice(0, namedFields).join(", ");
  const place = line.namespace === undefined ? line.name : `${line.namespace}/${line.name}`;
  const { policy } = restoreOptions(request);
  const why = policy === "recreate" ? `: ${reason}` : "";
  const term = `${resource}/${place}`;
  const holder = holderOf(resource, live, item.desired);
  const advice = () =>
    policy === "recreate"
      ? `to delete and make it anew all the same: --recreate-objects ${term}`
      : adviceToBringBack(fixedFields(resource, live, fields), () =>
          adviceToRecreate(resource, term, request.needsItsObjectsOnly),
        );
  return {
    severity: "warning",
    code: "ARK_OBJECT_DIFFERS",
    message: `${describeTarget(target)} is there and differs from the backup${which === "" ? "" : ` in ${which}${more}`}; it was left as it is${why}`,
    resource,
    namespace: target.namespace,
    name: target.name,
    advice: holder === undefined ? advice() : adviceOnHolder(holder, item.desired),
  };
}

function adviceToBringBack(fixed: readonly string[], recreate: () => string): string {
  return fixed.length === 0
    ? "to bring it back to what the backup has: --existing-resource-policy update"
    : `no update can change ${fixed.slice(0, namedFields).join(", ")}; ${recreate()}`;
}

function refOf(run: Assessor, { resource, target, line }: ShapedObject): ObjectRef {
  const kind = run.target.find(resource, target.version);
  if (kind !== undefined) return { kind, namespace: target.namespace, name: target.name };
  if (resource !== unservedKind) throw kindNotServed(run, resource, target);
  throw new ArkError(
    "ARK_KIND_NOT_SERVED",
    `it was changed from ${line.version} ${line.kind} to ${target.version} ${target.kind}, which is not served here`,
    {
      advice: "have the resource modifier name a version and kind that kubectl api-resources shows",
    },
  );
}

function identityOf(raw: RawObject): LiveIdentity {
  const { uid, resourceVersion } = raw;
  return { uid, resourceVersion, sha256: normalSha256(raw) };
}
