import type { GroupResource, ResourceKind } from "../../api/resource-kind.ts";
import { listAll } from "../../catalog/list-objects.ts";
import type { ItemReference } from "../../domain/references/item-reference.ts";
import { mayHaveComeToNeed, neederKinds } from "../../domain/restore/undo-needers.ts";
import { needsOf } from "../../domain/restore/undo-needs.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { hasCode } from "../../lib/errors.ts";
import { arrayAt } from "../../lib/json-edit.ts";
import { objectKey } from "../apply/object-key.ts";
import { readObject } from "../apply/read-object.ts";
import { followOwners } from "../owners/owner-chain.ts";
import type { TargetKinds } from "../survey/target-kinds.ts";
import { changeKey } from "./load-undo.ts";
import type { SurveyedChange } from "./survey-undo.ts";
import type { UndoContext } from "./undo-context.ts";

const readers = 8;

/** An object of others, and what of the restore it cannot do without. */
export interface NeedingObject {
  readonly place: ItemReference;
  readonly needs: readonly ItemReference[];
}

/**
 * Objects that others made or changed since the restore, and that need something which undoing it
 * would delete; none that go with the restore themselves. `going`: by object key. Kinds that this
 * user may not list are passed over, and that is logged. Errors: those of a LIST.
 */
export async function findNeeding(
  surveyed: readonly SurveyedChange[],
  going: ReadonlyMap<string, SurveyedChange>,
  context: UndoContext,
  signal: AbortSignal,
): Promise<readonly NeedingObject[]> {
  const own = new Set<string>();
  for (const { change, assessed } of surveyed) {
    const { live, verdict } = assessed ?? {};
    if (live === undefined) continue;
    const isOwn = [change.uid, context.undone.get(changeKey(change))].includes(live.uid);
    if (isOwn || verdict?.step !== "done") own.add(live.uid);
  }
  const found: NeedingObject[] = [];
  await mapConcurrently(
    placesToLook(going, context.target),
    readers,
    async ({ resource, namespace }) => {
      try {
        found.push(...(await needingIn({ resource, namespace, own, going }, context, signal)));
      } catch (thrown) {
        if (!hasCode(thrown, "ARK_API_FORBIDDEN")) throw thrown;
        const message = "this user may not list what may need what is deleted";
        context.log.write("warn", message, {
          resource,
          ...(namespace === "" ? {} : { namespace }),
        });
      }
    },
  );
  return found;
}

interface Place {
  readonly resource: GroupResource;
  /** Empty: all. */
  readonly namespace: string;
}

/** What is cluster-scoped may be needed anywhere. */
function placesToLook(
  going: ReadonlyMap<string, SurveyedChange>,
  target: TargetKinds,
): readonly Place[] {
  const places = new Map<string, Place>();
  const everywhere = new Set<GroupResource>();
  for (const { change } of going.values()) {
    for (const resource of neederKinds(change.resource)) {
      const isNamespaced = kindOf(resource, target)?.namespaced !== false;
      const namespace = isNamespaced ? change.namespace : "";
      if (namespace === "") everywhere.add(resource);
      places.set(objectKey(resource, namespace, ""), { resource, namespace });
    }
  }
  return [...places.values()].filter(
    ({ resource, namespace }) => namespace === "" || !everywhere.has(resource),
  );
}

function kindOf(resource: GroupResource, target: TargetKinds): ResourceKind | undefined {
  const [version] = target.versions(resource);
  return version === undefined ? undefined : target.find(resource, version);
}

async function needingIn(
  {
    resource,
    namespace,
    own,
    going,
  }: Place & { readonly own: ReadonlySet<string> } & {
    readonly going: ReadonlyMap<string, SurveyedChange>;
  },
  { cluster, target, restored }: UndoContext,
  signal: AbortSignal,
): Promise<NeedingObject[]> {
  const kind = kindOf(resource, target);
  if (kind === undefined) return [];
  const found: NeedingObject[] = [];
  for await (const raw of listAll(cluster, { kind, namespace }, { signal })) {
    if (raw.terminating || own.has(raw.uid)) continue;
    const object = readObject(raw.bytes, `${kind.kind} "${raw.name}" of the cluster`);
    if (!mayHaveComeToNeed(resource, object, restored)) continue;
    const needs = needsOf(resource, raw.namespace, object).filter((need) =>
      going.has(objectKey(need.resource, need.namespace, need.name)),
    );
    if (needs.length === 0) continue;
    const references = arrayAt(object, ["metadata", "ownerReferences"]);
    const owners = new Set<string>();
    const look = { cluster, served: target.served };
    await followOwners(look, { namespace: raw.namespace, references }, owners, signal);
    // It goes, or is put back, with its owner.
    if ([...owners].some((uid) => own.has(uid))) continue;
    found.push({ place: { resource, namespace: raw.namespace, name: raw.name }, needs });
  }
  return found;
}
