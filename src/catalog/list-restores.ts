import type { Restore } from "../api/restore.ts";
import { restoresPrefix } from "../format/keys.ts";
import { type ArkError, hasCode, toArkError } from "../lib/errors.ts";
import { mapInOrder } from "../lib/map-in-order.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readRestore } from "./read-restore.ts";

/** What a list of restores tells about each. */
export type RestoreListing =
  | { readonly name: string; readonly state: "recorded"; readonly restore: Restore }
  /** Files without our record: a restore of Velero's, or one that did not end. */
  | { readonly name: string; readonly state: "unrecorded" }
  | { readonly name: string; readonly state: "unreadable"; readonly error: ArkError };

/** Every restore of the location, in byte order of names; one that cannot be read is an entry. */
export async function* listRestores(
  store: ObjectStore,
  options: { readonly signal: AbortSignal; readonly concurrency: number },
): AsyncGenerator<RestoreListing> {
  yield* mapInOrder(restoreNames(store, options.signal), options.concurrency, (name) =>
    describeRestore(store, name, options.signal),
  );
}

async function* restoreNames(store: ObjectStore, signal: AbortSignal): AsyncGenerator<string> {
  for await (const entry of store.list(restoresPrefix, { delimiter: "/", signal })) {
    if (entry.kind === "prefix") yield entry.key.slice(restoresPrefix.length, -1);
  }
}

async function describeRestore(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<RestoreListing> {
  try {
    return { name, state: "recorded", restore: await readRestore(store, name, { signal }) };
  } catch (thrown) {
    signal.throwIfAborted();
    if (hasCode(thrown, "ARK_RESTORE_NOT_FOUND")) return { name, state: "unrecorded" };
    return { name, state: "unreadable", error: toArkError(thrown) };
  }
}
