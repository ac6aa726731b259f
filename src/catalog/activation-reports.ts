import { activationKey, numberOfReport, restoreKeys } from "../format/keys.ts";
import type { ObjectStore } from "../ports/object-store.ts";

/** `ark-activation-<n>.json` of a passive restore, and where it lies. */
export interface StoredActivation {
  readonly number: number;
  readonly key: string;
  readonly place: ObjectStore;
}

/**
 * Reports of activating a restore, in the order of their numbers. A location that became read-only
 * has some, and this machine the others. Errors: those of the store.
 */
export async function activationReports(
  places: readonly ObjectStore[],
  restore: string,
  signal: AbortSignal,
): Promise<readonly StoredActivation[]> {
  const found: StoredActivation[] = [];
  for (const place of places) {
    for await (const { key } of place.list(restoreKeys(restore).folder, { signal })) {
      const number = numberOfReport("activation", restore, key);
      if (number !== undefined) found.push({ number, key, place });
    }
  }
  return found.sort((a, b) => a.number - b.number);
}

/** Where the next report goes. Errors: those of the store. */
export async function nextActivationKey(
  places: readonly ObjectStore[],
  restore: string,
  signal: AbortSignal,
): Promise<string> {
  const last = (await activationReports(places, restore, signal)).at(-1)?.number ?? 0;
  return activationKey(restore, last + 1);
}
