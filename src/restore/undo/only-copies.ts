import { readStored } from "../../catalog/read-stored.ts";
import { undoPlaces } from "../../catalog/restore-aftermath.ts";
import { restoreKeys } from "../../format/keys.ts";
import {
  decodeChanges,
  maxChangesFileBytes,
  type RestoreChange,
} from "../../format/restore-changes.ts";
import { hasCode } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { removalOf } from "../apply/removals.ts";
import { readableFormers } from "../record/read-formers.ts";
import { describeTarget } from "../restore-run.ts";
import { changeKey } from "./load-undo.ts";
import { undoneBefore } from "./undo-record.ts";

/**
 * Objects that may be missing from the cluster and of which the record of an ended restore is the
 * only copy, as the record and the undos of the restore tell: it deleted them and could make nothing
 * in their place. What prune removed is not among them. Where the record cannot be read, all that was
 * kept before deleting; and where an undo was cut off, all that it would have made anew. `store` has
 * its record; undos may be told in `journalStore`. Empty where nothing is kept. Errors: those of the
 * store.
 */
export async function onlyCopies(
  store: ObjectStore,
  journalStore: ObjectStore | undefined,
  restore: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const perhaps = await perhapsGone(store, journalStore, restore, signal);
  if (perhaps?.size === 0) return [];
  const missing = new Set<string>();
  for await (const former of readableFormers(store, restore, signal)) {
    if (former.write !== "recreate") continue;
    if (perhaps !== undefined && !perhaps.has(changeKey(former))) continue;
    missing.add(describeTarget(removalOf(former).target));
  }
  return [...missing].sort();
}

/** By object key; undefined: it cannot be told. */
async function perhapsGone(
  store: ObjectStore,
  journalStore: ObjectStore | undefined,
  restore: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const changes = await changesOf(store, restore, signal);
    const places = undoPlaces({ place: store, journalStore });
    const { missing, uids, isCutOff } = await undoneBefore(places, restore, signal);
    const gone = new Set<string>();
    const inDoubt = new Set<string>();
    // Of several changes of an object the last counts.
    for (const change of changes) {
      const place = changeKey(change);
      // An undo may have died between deleting it and making the former one.
      if (isCutOff && change.action === "recreated" && !uids.has(place)) inDoubt.add(place);
      if (change.action === "deleted" || inDoubt.has(place)) gone.add(place);
      else gone.delete(place);
    }
    for (const [place, isMissing] of missing) {
      if (isMissing) gone.add(place);
      else if (!inDoubt.has(place)) gone.delete(place);
    }
    return gone;
  } catch (thrown) {
    const isLost = ["ARK_BACKUP_DAMAGED", "ARK_BACKUP_FORMAT", "ARK_STORE_NOT_FOUND"] as const;
    if (isLost.some((code) => hasCode(thrown, code))) return undefined;
    throw thrown;
  }
}

async function changesOf(
  store: ObjectStore,
  restore: string,
  signal: AbortSignal,
): Promise<readonly RestoreChange[]> {
  const bytes = await readStored(store, restoreKeys(restore).changes, maxChangesFileBytes, signal);
  return (await decodeChanges(bytes, restore)).changes;
}
