import type { Restore } from "../../api/restore.ts";
import { readRestore, readRestoreHere } from "../../catalog/read-restore.ts";
import { readStored } from "../../catalog/read-stored.ts";
import { type RestorePlaces, whyNotEnded } from "../../catalog/unrecorded-restore.ts";
import type { FormerObject } from "../../format/former-object.ts";
import { restoreKeys } from "../../format/keys.ts";
import {
  type ChangedCluster,
  decodeChanges,
  maxChangesFileBytes,
  type RestoreChange,
} from "../../format/restore-changes.ts";
import { ArkError, hasCode } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { objectKey } from "../apply/object-key.ts";
import { readFormers } from "../record/read-formers.ts";

/** What the record of a restore says about what it changed. */
export interface UndoSource {
  readonly restore: Restore;
  readonly cluster: ChangedCluster;
  readonly changes: readonly RestoreChange[];
  /**
   * Objects as they were, a part of the record at a time: memory is one part. Of several states of
   * an object the one that counts is given. Errors: ARK_BACKUP_DAMAGED.
   */
  formers(signal: AbortSignal): AsyncIterable<readonly FormerObject[]>;
}

/** The location, or this machine for one that could not be written to. Errors: as of {@link loadUndo}. */
export async function placeOfRecord(
  places: RestorePlaces,
  name: string,
  signal: AbortSignal,
): Promise<ObjectStore> {
  try {
    return (await readRestoreHere(places, name, { signal })).place;
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_RESTORE_NOT_FOUND")) throw thrown;
    const open = await whyNotEnded(places, name, "undo it", { signal });
    if (open === undefined) throw thrown;
    const { message, advice } = open;
    throw new ArkError("ARK_UNDO_IMPOSSIBLE", message, { advice, cause: thrown });
  }
}

/** Errors: ARK_RESTORE_NOT_FOUND, ARK_UNDO_IMPOSSIBLE, ARK_BACKUP_DAMAGED, those of the store. */
export async function loadUndo(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<UndoSource> {
  const restore = await readRestore(store, name, { signal });
  const { cluster, changes } = await readChanges(store, name, signal);
  return {
    restore,
    cluster,
    changes: lastOfEach(changes),
    async *formers(readSignal) {
      const met = new Set<string>();
      const instead = await countInstead(store, name, readSignal);
      for await (const part of readFormers(store, name, readSignal)) {
        yield part.filter((former) => {
          const place = changeKey(former);
          const left = instead.get(place) ?? 0;
          if (left > 0 && former.instead === true) instead.set(place, left - 1);
          const counts = left === 0 || (left === 1 && former.instead === true);
          return counts && !met.has(place) ? met.add(place) : false;
        });
      }
    },
  };
}

/** Id of the cluster that a restore changed; empty where that is not known. Errors: those of the store. */
export async function clusterOfRestore(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    return (await readChanges(store, name, signal)).cluster.id;
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_UNDO_IMPOSSIBLE")) throw thrown;
    return "";
  }
}

/** Objects that had changed before anything was done to them, with how often. */
async function countInstead(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for await (const part of readFormers(store, name, signal)) {
    for (const former of part) {
      if (former.instead !== true) continue;
      found.set(changeKey(former), (found.get(changeKey(former)) ?? 0) + 1);
    }
  }
  return found;
}

export function changeKey({
  resource,
  namespace,
  name,
}: Pick<RestoreChange, "resource" | "namespace" | "name">): string {
  return objectKey(resource, namespace, name);
}

async function readChanges(store: ObjectStore, name: string, signal: AbortSignal) {
  try {
    const bytes = await readStored(store, restoreKeys(name).changes, maxChangesFileBytes, signal);
    return await decodeChanges(bytes, name);
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
    throw new ArkError(
      "ARK_UNDO_IMPOSSIBLE",
      `restore "${name}" cannot be undone: its record does not say what it changed`,
      { advice: "it was run by a version of ark-ts before undo, or by Velero", cause: thrown },
    );
  }
}

/** An object that was deleted and could be made in a later pass has two. */
function lastOfEach(changes: readonly RestoreChange[]): readonly RestoreChange[] {
  return [...new Map(changes.map((change) => [changeKey(change), change])).values()];
}
