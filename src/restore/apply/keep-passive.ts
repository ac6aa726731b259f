import { readStored } from "../../catalog/read-stored.ts";
import { restoreKeys } from "../../format/keys.ts";
import { decodePassive, encodePassive, type PassiveItem } from "../../format/passive-file.ts";
import { hasCode } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";

const maxFileBytes = 64 * 1024 * 1024;

/** What a passive restore has made; undefined: nothing is kept of it there. Errors: those of a read. */
export async function readPassive(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<readonly PassiveItem[] | undefined> {
  const key = restoreKeys(name).passive;
  try {
    return await decodePassive(await readStored(store, key, maxFileBytes, signal), key);
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return undefined;
    throw thrown;
  }
}

/**
 * Keeps beside the location, which could not be written to, what an activation needs. What an
 * earlier restore of the name has left there stays: objects are known by their uids.
 */
export async function keepPassive(
  store: ObjectStore,
  name: string,
  items: readonly PassiveItem[],
  signal: AbortSignal,
): Promise<void> {
  const before = (await readPassive(store, name, signal)) ?? [];
  const uids = new Set(items.map(({ uid }) => uid));
  const all = [...before.filter(({ uid }) => !uids.has(uid)), ...items];
  await store.put(restoreKeys(name).passive, await encodePassive(all), { signal });
}
