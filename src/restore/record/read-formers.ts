import { readStored } from "../../catalog/read-stored.ts";
import { decodeFormerPart, type FormerObject } from "../../format/former-object.ts";
import { formerKey, numberOfFormerKey, restoreKeys } from "../../format/keys.ts";
import { hasCode } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";

/** Bound of a reader: a writer closes a part at 8 MiB of text and one object. */
export const maxPartFileBytes = 64 * 1024 * 1024;

/** Numbers of the parts that a restore has written, ascending. */
export async function formerParts(
  store: ObjectStore,
  restore: string,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const numbers: number[] = [];
  for await (const { key } of store.list(restoreKeys(restore).folder, { signal })) {
    const number = numberOfFormerKey(restore, key);
    if (number !== undefined) numbers.push(number);
  }
  return numbers.sort((a, b) => a - b);
}

/**
 * All that a restore has kept, in the order in which it was kept, a part at a time. Errors: those of
 * the store, ARK_BACKUP_DAMAGED.
 */
export async function* readFormers(
  store: ObjectStore,
  restore: string,
  signal: AbortSignal,
): AsyncGenerator<readonly FormerObject[]> {
  for (const number of await formerParts(store, restore, signal)) {
    const key = formerKey(restore, number);
    const bytes = await readStored(store, key, maxPartFileBytes, signal);
    yield await decodeFormerPart(bytes, key);
  }
}

/** All that a restore has kept; parts that cannot be read tell nothing. Errors: those of the store. */
export async function* readableFormers(
  store: ObjectStore,
  restore: string,
  signal: AbortSignal,
): AsyncGenerator<FormerObject> {
  for (const number of await formerParts(store, restore, signal)) {
    const key = formerKey(restore, number);
    try {
      yield* await decodeFormerPart(await readStored(store, key, maxPartFileBytes, signal), key);
    } catch (thrown) {
      if (!hasCode(thrown, "ARK_BACKUP_DAMAGED")) throw thrown;
    }
  }
}

/** Of a run that nobody can undo any more. Errors: those of the store. */
export async function removeFormers(
  store: ObjectStore,
  restore: string,
  signal: AbortSignal,
): Promise<void> {
  for (const number of await formerParts(store, restore, signal)) {
    await store.remove(formerKey(restore, number), { signal });
  }
}
