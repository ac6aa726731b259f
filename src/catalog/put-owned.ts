import { hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";

export interface OwnedPut {
  readonly store: ObjectStore;
  readonly key: string;
  /** Bytes that nobody else writes. */
  readonly bytes: Uint8Array;
  /** Throws when another process has taken the run over. */
  readonly checkOwner: (signal: AbortSignal) => Promise<void>;
}

/**
 * Puts a record of a run's journal. A process that stood still between the check and the put,
 * while another took the run over, does not put it over that one's record of the same number.
 * Errors: ARK_NAME_LOST, those of the store.
 */
export async function putOwned(put: OwnedPut, signal: AbortSignal): Promise<void> {
  const { store, key, bytes, checkOwner } = put;
  await checkOwner(signal);
  if (store.capabilities.conditionalPut) {
    try {
      await store.put(key, bytes, { ifAbsent: true, signal });
      return;
    } catch (thrown) {
      if (!hasCode(thrown, "ARK_STORE_EXISTS")) throw thrown;
      // The other way round it is the late record that is in the owner's place.
      await checkOwner(signal);
    }
  }
  await store.put(key, bytes, { signal });
}
