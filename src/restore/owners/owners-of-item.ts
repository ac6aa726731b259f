import type { OwnerReference } from "../../api/owner-reference.ts";
import { lacksOwners, ownersOf, whyNoOwner } from "../../domain/restore/owner-references.ts";
import type { IndexLine } from "../../format/index-line.ts";
import { hasCode } from "../../lib/errors.ts";
import { arrayAt, textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ActionSight } from "../actions/action-sight.ts";
import { isPlanned } from "../plan-restore.ts";
import type { TargetName } from "../report/tally.ts";
import { type RestoreRun, targetOf } from "../restore-run.ts";
import type { NamedObject } from "../survey/read-named.ts";
import { kindOfOwner, type MeantPlace } from "./owner-lookup.ts";

/** What looking for owners needs of a run, or of a plan. */
export type OwnersRun = Pick<RestoreRun, "plan" | "target" | "freshNamespaces" | "lookup"> & {
  readonly actions?: Pick<ActionSight, "finder"> | undefined;
};

/** An object of the backup as the restore would write it. Undefined: it is not restored. */
export type ReadMeant = (line: IndexLine, signal: AbortSignal) => Promise<MeantPlace | undefined>;

interface OwnedItem {
  readonly resource: string;
  readonly target: TargetName;
  readonly item: { readonly owners: readonly OwnerReference[] };
}

interface OwnerPlace {
  readonly at: NamedObject;
  /** Of the backup, where the owner is one of its objects that are restored. */
  readonly line: IndexLine | undefined;
}

/**
 * Why a pod that is not there is not made: its controller stands in the target, made by this restore
 * or there before, and makes its own; it would adopt a further one, and delete one too many.
 * Undefined: it is made.
 */
export async function whyNoPod(
  { resource, target, item }: OwnedItem,
  run: OwnersRun,
  read: ReadMeant,
  signal: AbortSignal,
): Promise<string | undefined> {
  const owner = resource === "pods" ? item.owners.find((one) => one.controller) : undefined;
  if (owner === undefined) return undefined;
  const { namespace } = target;
  if (run.freshNamespaces.has(namespace) && !run.lookup.controllersMayStand) return undefined;
  const kind = kindOfOwner(run.target, owner);
  // By its name: a controller that was made anew adopts by labels all the same.
  const named = kind && { kind, namespace: kind.namespaced ? namespace : "", name: owner.name };
  const moved =
    run.plan.changes.modifiers === undefined && run.actions === undefined
      ? undefined
      : await placeOf(owner, { run, namespace, read }, signal);
  const at = moved?.line === undefined ? named : moved.at;
  const live = at && (await run.lookup.live(at, signal));
  if (at === undefined || live === undefined || live.terminating) return undefined;
  return `its controller, ${at.kind.kind} "${at.name}", is there and makes its own pods`;
}

/** Controllers of the cluster's own that keep what they made as they want it, by what they make. */
const keptBy: Readonly<Record<string, readonly string[]>> = {
  "replicasets.apps": ["apps/v1 Deployment"],
  "controllerrevisions.apps": ["apps/v1 StatefulSet", "apps/v1 DaemonSet"],
  pods: [
    ...["apps/v1 ReplicaSet", "apps/v1 StatefulSet", "apps/v1 DaemonSet"],
    ...["v1 ReplicationController", "batch/v1 Job"],
  ],
};

/**
 * Why an object that is there, and differs, is left alone: its controller stands and keeps it as
 * the controller's own template says; what is written to it is undone. Undefined: nothing of the kind.
 */
export async function whyKept(
  { resource, target: { namespace } }: Pick<OwnedItem, "resource" | "target">,
  live: JsonObject,
  run: Pick<OwnersRun, "target" | "lookup">,
  signal: AbortSignal,
): Promise<string | undefined> {
  const owner = ownersOf(live).find((one) => one.controller);
  if (owner === undefined) return undefined;
  if (keptBy[resource]?.includes(`${owner.apiVersion} ${owner.kind}`) !== true) return undefined;
  const kind = kindOfOwner(run.target, owner);
  const found = kind && (await run.lookup.live({ kind, namespace, name: owner.name }, signal));
  if (found === undefined || found.terminating) return undefined;
  return `its controller, ${owner.kind} "${owner.name}", is there and keeps it`;
}

/**
 * Owners that an object which is there has lost and gets back: those of the restored set, and those
 * that still have the very uid that the backup names. By their uids in the backup.
 */
export async function lostOwners(
  { target, item }: Omit<OwnedItem, "resource">,
  live: JsonObject,
  { run, read }: Pick<Around, "run" | "read">,
  signal: AbortSignal,
): Promise<readonly OwnerReference[]> {
  const lost: OwnerReference[] = [];
  const { namespace } = target;
  const present = new Set(
    arrayAt(live, ["metadata", "ownerReferences"]).map((one) => textAt(one, ["uid"])),
  );
  for (const owner of lacksOwners(live, item.owners)) {
    const place = await placeOf(owner, { run, namespace, read }, signal);
    if (place === undefined || whyNoOwner(namespace, place.at.namespace) !== undefined) continue;
    const stands = await run.lookup.live(place.at, signal);
    if (stands === undefined) {
      const { line } = place;
      if (line !== undefined && (await meantPlaceOf(line, run, read, signal))) lost.push(owner);
      continue;
    }
    if (stands.terminating || present.has(stands.uid)) continue;
    if (place.line !== undefined || stands.uid === owner.uid) lost.push(owner);
  }
  return lost;
}

interface Around {
  readonly run: OwnersRun;
  readonly read: ReadMeant;
  /** Of the object that has the owner, in the target. */
  readonly namespace: string;
}

/** Undefined: its kind is not served here. */
async function placeOf(
  owner: OwnerReference,
  { run, namespace, read }: Around,
  signal: AbortSignal,
): Promise<OwnerPlace | undefined> {
  const line = await run.lookup.inBackup(owner.uid, signal);
  if (line === undefined || !isPlanned(run.plan, line)) {
    const kind = kindOfOwner(run.target, owner);
    const at = kind && { kind, namespace: kind.namespaced ? namespace : "", name: owner.name };
    return at && { at, line: undefined };
  }
  const plain = { resource: line.resource, target: targetOf(run.plan, line) };
  const acting = run.actions?.finder.find(line.resource, plain.target.namespace) ?? [];
  const isPlain = run.plan.changes.modifiers === undefined && acting.length === 0;
  const meant = isPlain ? plain : await meantPlaceOf(line, run, read, signal);
  const { resource, target } = meant ?? plain;
  const kind = run.target.find(resource, target.version);
  return kind && { at: { kind, namespace: target.namespace, name: target.name }, line };
}

/** A modifier or an action may give it another name. Errors: those of the store. */
async function meantPlaceOf(
  line: IndexLine,
  { lookup }: OwnersRun,
  read: ReadMeant,
  signal: AbortSignal,
): Promise<MeantPlace | undefined> {
  const known = lookup.meant.get(line.uid) ?? readUndamaged(line, read, signal);
  lookup.meant.set(line.uid, known);
  return await known;
}

async function readUndamaged(
  line: IndexLine,
  read: ReadMeant,
  signal: AbortSignal,
): Promise<MeantPlace | undefined> {
  try {
    return await read(line, signal);
  } catch (thrown) {
    if (hasCode(thrown, "ARK_BACKUP_DAMAGED") || hasCode(thrown, "ARK_JSON_INVALID"))
      return undefined;
    throw thrown;
  }
}
