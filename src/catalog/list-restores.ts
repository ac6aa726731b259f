import type { Restore } from "../api/restore.ts";
import { restoresPrefix } from "../format/keys.ts";
import { type ArkError, hasCode, toArkError } from "../lib/errors.ts";
import { mapInOrder } from "../lib/map-in-order.ts";
import { readRestoreHere } from "./read-restore.ts";
import { type RestoreAftermath, readAftermath } from "./restore-aftermath.ts";
import { recordedRestoreNames } from "./restore-records.ts";
import {
  type ReadUnrecordedOptions,
  type RestorePlaces,
  readUnrecorded,
  type UnrecordedRestore,
} from "./unrecorded-restore.ts";

/** What a list of restores tells about each. */
export type RestoreListing =
  | {
      readonly name: string;
      readonly state: "recorded";
      readonly restore: Restore;
      readonly aftermath: RestoreAftermath;
    }
  | { readonly name: string; readonly state: "unrecorded"; readonly run: UnrecordedRestore }
  | { readonly name: string; readonly state: "unreadable"; readonly error: ArkError };

export interface ListRestoresOptions extends ReadUnrecordedOptions {
  /** Restores read at once. */
  readonly concurrency: number;
}

/**
 * Every restore of the location, and of this machine what the location could not take, in byte
 * order of names; one that cannot be read is an entry.
 */
export async function* listRestores(
  places: RestorePlaces,
  { concurrency, ...options }: ListRestoresOptions,
): AsyncGenerator<RestoreListing> {
  const { store, journalStore } = places;
  const { signal } = options;
  const names = new Set<string>();
  for (const place of [store, ...(journalStore === undefined ? [] : [journalStore])]) {
    for await (const entry of place.list(restoresPrefix, { delimiter: "/", signal })) {
      if (entry.kind === "prefix") names.add(entry.key.slice(restoresPrefix.length, -1));
    }
    for (const name of await recordedRestoreNames(place, signal)) names.add(name);
  }
  const described = mapInOrder([...names].sort(), concurrency, (name) =>
    describeRestore(places, name, options),
  );
  for await (const listing of described) if (listing !== undefined) yield listing;
}

/** Undefined: nothing has this name. */
async function describeRestore(
  places: RestorePlaces,
  name: string,
  options: ReadUnrecordedOptions,
): Promise<RestoreListing | undefined> {
  const { signal } = options;
  try {
    const { restore, place } = await readRestoreHere(places, name, { signal });
    const { journalStore } = places;
    const aftermath = await readAftermath({ place, journalStore }, name, options);
    return { name, state: "recorded", restore, aftermath };
  } catch (thrown) {
    signal.throwIfAborted();
    if (!hasCode(thrown, "ARK_RESTORE_NOT_FOUND")) {
      return { name, state: "unreadable", error: toArkError(thrown) };
    }
  }
  const run = await readUnrecorded(places, name, options);
  return run === undefined ? undefined : { name, state: "unrecorded", run };
}
