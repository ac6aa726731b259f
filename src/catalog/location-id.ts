import { locationIdKey } from "../format/keys.ts";
import { hasCode } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readStored } from "./read-stored.ts";

const form = /^[-0-9a-f]{36}$/;
const maxBytes = 64;

/**
 * The id of a location, made by the first who asks: what is made for its backups outside of it, such
 * as snapshots, is marked with it. Errors: those of the store.
 */
export async function ensureLocationId(
  store: ObjectStore,
  clock: Pick<Clock, "uuid">,
  signal: AbortSignal,
): Promise<string> {
  const found = await readLocationId(store, signal);
  if (found !== undefined) return found;
  const ifAbsent = store.capabilities.conditionalPut;
  try {
    await store.put(locationIdKey, Buffer.from(`${clock.uuid()}\n`), { signal, ifAbsent });
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_EXISTS")) throw thrown;
  }
  // Whoever was first, or last where the store has no create-only put.
  return (await readLocationId(store, signal)) ?? "";
}

/** Undefined: it has none, or none that can be read. Errors: those of the store. */
export async function readLocationId(
  store: ObjectStore,
  signal: AbortSignal,
): Promise<string | undefined> {
  let text: string;
  try {
    text = (await readStored(store, locationIdKey, maxBytes, signal)).toString().trim();
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND") || hasCode(thrown, "ARK_BACKUP_FORMAT")) return;
    throw thrown;
  }
  return form.test(text) ? text : undefined;
}
