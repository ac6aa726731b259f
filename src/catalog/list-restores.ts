import type { Restore } from "../api/restore.ts";
import { restoreKeys, restoresPrefix } from "../format/keys.ts";
import { type ArkError, hasCode, toArkError } from "../lib/errors.ts";
import { mapInOrder } from "../lib/map-in-order.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { NameRecord } from "./name-record.ts";
import { readRestore } from "./read-restore.ts";
import { recordedRestoreNames, restoreRecordIfReadable } from "./restore-records.ts";

/** What a list of restores tells about each. */
export type RestoreListing =
  | { readonly name: string; readonly state: "recorded"; readonly restore: Restore }
  /** A run that goes on or has died; the record of who runs it may be unreadable. */
  | { readonly name: string; readonly state: "interrupted"; readonly record?: NameRecord }
  /** Files without our record: a restore of Velero's, or one that failed to write it. */
  | { readonly name: string; readonly state: "unrecorded" }
  | { readonly name: string; readonly state: "unreadable"; readonly error: ArkError };

export interface ListRestoresOptions {
  readonly signal: AbortSignal;
  readonly concurrency: number;
  /** Where runs keep their journal when the location cannot be written to. */
  readonly journalStore?: ObjectStore;
}

/** Every restore of the location, in byte order of names; one that cannot be read is an entry. */
export async function* listRestores(
  store: ObjectStore,
  { signal, concurrency, journalStore }: ListRestoresOptions,
): AsyncGenerator<RestoreListing> {
  const places = journalStore === undefined ? [store] : [store, journalStore];
  const names = new Set<string>();
  for await (const entry of store.list(restoresPrefix, { delimiter: "/", signal })) {
    if (entry.kind === "prefix") names.add(entry.key.slice(restoresPrefix.length, -1));
  }
  const owned = new Map<string, ObjectStore>();
  for (const place of places) {
    for (const name of await recordedRestoreNames(place, signal)) {
      names.add(name);
      if (!owned.has(name)) owned.set(name, place);
    }
  }
  const sorted = [...names].sort();
  const described = mapInOrder(sorted, concurrency, (name) =>
    describeRestore(name, { store, recordsIn: owned.get(name) }, signal),
  );
  for await (const listing of described) if (listing !== undefined) yield listing;
}

/** Undefined: nothing has this name, though stores that keep versions may list its empty folder. */
async function describeRestore(
  name: string,
  {
    store,
    recordsIn,
  }: { readonly store: ObjectStore; readonly recordsIn?: ObjectStore | undefined },
  signal: AbortSignal,
): Promise<RestoreListing | undefined> {
  try {
    return { name, state: "recorded", restore: await readRestore(store, name, { signal }) };
  } catch (thrown) {
    signal.throwIfAborted();
    if (!hasCode(thrown, "ARK_RESTORE_NOT_FOUND")) {
      return { name, state: "unreadable", error: toArkError(thrown) };
    }
  }
  if (recordsIn === undefined) {
    const { folder } = restoreKeys(name);
    for await (const _ of store.list(folder, { signal })) return { name, state: "unrecorded" };
    return undefined;
  }
  const record = await restoreRecordIfReadable(recordsIn, name, signal);
  return { name, state: "interrupted", ...(record !== undefined && { record }) };
}
