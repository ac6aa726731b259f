import { readStored } from "../../catalog/read-stored.ts";
import { recordNumber, runFolder } from "../../format/keys.ts";
import type { ObjectStore } from "../../ports/object-store.ts";

/** The records of one sort in the folder of a run: how far it is with each volume. */
export interface StepRecords<Step> {
  readonly sort: Parameters<typeof recordNumber>[2];
  readonly keyOf: (runUid: string, number: number) => string;
  readonly maxBytes: number;
  readonly decode: (bytes: Uint8Array, key: string) => Step;
}

export interface LoadedSteps<Step> {
  /** The last one of each volume, by its name. */
  readonly steps: ReadonlyMap<string, Step>;
  /** Number of the last record; 0: there is none. */
  readonly last: number;
}

/** What processes of a run have written. Errors: ARK_BACKUP_DAMAGED, those of the store. */
export async function loadSteps<Step extends { readonly volume: string }>(
  { sort, keyOf, maxBytes, decode }: StepRecords<Step>,
  store: ObjectStore,
  runUid: string,
  signal: AbortSignal,
): Promise<LoadedSteps<Step>> {
  const numbers: number[] = [];
  for await (const { key } of store.list(runFolder(runUid), { signal })) {
    const number = recordNumber(key, runUid, sort);
    if (number !== undefined) numbers.push(number);
  }
  const steps = new Map<string, Step>();
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const key = keyOf(runUid, number);
    const step = decode(await readStored(store, key, maxBytes, signal), key);
    steps.set(step.volume, step);
  }
  return { steps, last: Math.max(0, ...numbers) };
}
