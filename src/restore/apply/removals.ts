import type { FormerObject } from "../../format/former-object.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import type { InterruptedRestore } from "../record/interrupted-restore.ts";
import { readFormers } from "../record/read-formers.ts";
import type { TargetName } from "../report/tally.ts";
import { objectKey } from "./object-key.ts";

/** An object that a run deletes, from before the delete until what it was deleted for is done. */
export interface Removal {
  readonly resource: string;
  /** By its place in the cluster. */
  readonly target: TargetName;
  readonly uid: string;
  /** `delete`: the backup has none of it. */
  readonly write: "recreate" | "delete";
  /** A process that died may have deleted it; this one has not come to it. */
  readonly isOfBefore?: true;
}

/** By place: what is deleted, and nothing stands for it yet. */
export type Removals = Map<string, Removal>;

export function removalKey({ resource, target }: Pick<Removal, "resource" | "target">): string {
  return objectKey(resource, target.namespace, target.name);
}

/**
 * What processes of a run that died may have deleted without telling its end. Nothing was deleted
 * of which nothing is kept. Errors: those of the store, ARK_BACKUP_DAMAGED.
 */
export async function readRemovals(
  store: ObjectStore,
  restore: string,
  before: Pick<InterruptedRestore, "inDoubt">,
  signal: AbortSignal,
): Promise<Removals> {
  const uids = uidsInRemoval(before);
  const removals: Removals = new Map();
  if (uids.size === 0) return removals;
  for await (const part of readFormers(store, restore, signal)) {
    for (const former of part) {
      if (!uids.has(former.uid)) continue;
      const removal = { ...removalOf(former), isOfBefore: true } as const;
      removals.set(removalKey(removal), removal);
    }
  }
  return removals;
}

/** Of objects that the run was about to delete when it was cut off. */
export function uidsInRemoval({ inDoubt }: Pick<InterruptedRestore, "inDoubt">): Set<string> {
  const uids = new Set<string>();
  for (const { write, uid } of inDoubt.values()) {
    if ((write === "recreate" || write === "delete") && uid !== undefined) uids.add(uid);
  }
  return uids;
}

export function removalOf(former: FormerObject): Removal {
  const { resource, namespace, name, uid, object } = former;
  const write = former.write === "delete" ? "delete" : "recreate";
  const [version, kind] = [textAt(object, ["apiVersion"]), textAt(object, ["kind"])];
  return { write, resource, uid, target: { version, kind, namespace, name } };
}
