import { putOwned } from "../catalog/put-owned.ts";
import { readStored } from "../catalog/read-stored.ts";
import { heldKey, operationsKey, recordNumber, runFolder } from "../format/keys.ts";
import {
  decodeHeldItems,
  decodeOperationRecord,
  encodeHeldItems,
  encodeOperationRecord,
  type HeldItem,
  maxOperationRecordBytes,
  type OperationRecord,
} from "../format/operation-record.ts";
import type { ObjectStore } from "../ports/object-store.ts";

/** Makes durable what is known of operations; for one process of a run. */
export interface OperationJournal {
  /** What earlier processes wrote, in order. To be called before the first write. */
  load(signal: AbortSignal): Promise<LoadedOperations>;
  write(record: OperationRecord, signal: AbortSignal): Promise<void>;
  /** Answers the number under which they are read again. */
  hold(items: readonly HeldItem[], signal: AbortSignal): Promise<number>;
  held(number: number, signal: AbortSignal): Promise<readonly HeldItem[]>;
}

export interface LoadedOperations {
  readonly records: readonly OperationRecord[];
  readonly held: readonly { readonly number: number; readonly items: readonly HeldItem[] }[];
}

/** Of a run that nobody can continue. */
export const noOperationJournal: OperationJournal = {
  load: async () => ({ records: [], held: [] }),
  write: async () => undefined,
  hold: async () => 0,
  held: async () => [],
};

export interface OperationJournalOptions {
  readonly store: ObjectStore;
  readonly runUid: string;
  /** Throws when another process has taken the run over: then nothing more may be begun. */
  readonly checkOwner: (signal: AbortSignal) => Promise<void>;
}

export function createOperationJournal(options: OperationJournalOptions): OperationJournal {
  const { store, runUid, checkOwner } = options;
  const last = { operations: 0, held: 0 };
  const read = (key: string, signal: AbortSignal) =>
    readStored(store, key, maxOperationRecordBytes, signal);
  const put = async (key: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> =>
    await putOwned({ store, key, bytes, checkOwner }, signal);
  const held = async (number: number, signal: AbortSignal): Promise<readonly HeldItem[]> => {
    const key = heldKey(runUid, number);
    return decodeHeldItems(await read(key, signal), key);
  };
  return {
    async load(signal) {
      const numbers = { operations: [] as number[], held: [] as number[] };
      for await (const { key } of store.list(runFolder(runUid), { signal })) {
        for (const what of ["operations", "held"] as const) {
          const number = recordNumber(key, runUid, what);
          if (number !== undefined) numbers[what].push(number);
        }
      }
      const sorted = (all: readonly number[]) => all.toSorted((a, b) => a - b);
      last.operations = Math.max(0, ...numbers.operations);
      last.held = Math.max(0, ...numbers.held);
      const records: OperationRecord[] = [];
      for (const number of sorted(numbers.operations)) {
        const key = operationsKey(runUid, number);
        records.push(decodeOperationRecord(await read(key, signal), key));
      }
      const copies: { readonly number: number; readonly items: readonly HeldItem[] }[] = [];
      for (const number of sorted(numbers.held)) {
        copies.push({ number, items: await held(number, signal) });
      }
      return { records, held: copies };
    },
    async write(record, signal) {
      last.operations += 1;
      await put(operationsKey(runUid, last.operations), encodeOperationRecord(record), signal);
    },
    async hold(items, signal) {
      last.held += 1;
      const number = last.held;
      await put(heldKey(runUid, number), encodeHeldItems(items), signal);
      return number;
    },
    held,
  };
}
