import type { JsonObject } from "../../lib/json-text.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import type { InterruptedRestore } from "./interrupted-restore.ts";
import { readFormers } from "./read-formers.ts";

/** By uid of an object that was about to be patched, with no answer: what it was before. */
export type PerhapsPatched = Map<string, JsonObject>;

/** What processes of a run that died may have patched. Errors: those of the store, ARK_BACKUP_DAMAGED. */
export async function readPerhapsPatched(
  store: ObjectStore,
  restore: string,
  { inDoubt }: Pick<InterruptedRestore, "inDoubt">,
  signal: AbortSignal,
): Promise<PerhapsPatched> {
  const uids = new Set<string>();
  for (const { write, uid } of inDoubt.values()) {
    if (write === "patch" && uid !== undefined) uids.add(uid);
  }
  const found: PerhapsPatched = new Map();
  if (uids.size === 0) return found;
  for await (const part of readFormers(store, restore, signal)) {
    for (const { uid, instead, object } of part) {
      if (uids.has(uid) && (instead === true || !found.has(uid))) found.set(uid, object);
    }
  }
  return found;
}
