import type { RunOwner } from "../../catalog/run-owner.ts";
import { settleThaw } from "../../catalog/thaw-records.ts";
import { runFolder, runOfThawKey, thawKey } from "../../format/keys.ts";
import { encodeThawRecord, type OwedThaw, type ThawRecord } from "../../format/thaw-record.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ObjectStore } from "../../ports/object-store.ts";

/** Makes post hooks durable before anything is frozen, so that somebody can pay them. */
export interface ThawJournal {
  /** Resolves when the record is in the store. */
  owe(thaws: readonly OwedThaw[], signal: AbortSignal): Promise<OwedRecord>;
}

export interface OwedRecord {
  readonly backup: string;
  readonly since: string;
  /** `left` are those that did not end well; without any the record is removed. */
  settle(left: readonly OwedThaw[], why: string | undefined, signal: AbortSignal): Promise<void>;
}

export interface ThawJournalOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly runUid: string;
  readonly backup: string;
  readonly clusterId: string;
  readonly owner: RunOwner;
  /** Throws when another process has taken the run over: then nothing more may be frozen. */
  readonly checkOwner: () => Promise<void>;
}

export function createThawJournal(options: ThawJournalOptions): ThawJournal {
  const { store, clock, runUid, backup, clusterId, owner } = options;
  let last: Promise<number> | undefined;
  const nextNumber = (signal: AbortSignal): Promise<number> => {
    // An earlier process of the run may have left records that could not be paid.
    const before = last ?? largestNumber(store, runUid, signal);
    last = before.then((number) => number + 1);
    return last;
  };
  return {
    async owe(thaws, signal) {
      await options.checkOwner();
      const key = thawKey(runUid, await nextNumber(signal));
      const since = clock.now().toISOString();
      const record: ThawRecord = { backup, clusterId, owner, since, attempts: 0, thaws };
      await store.put(key, encodeThawRecord(record), { signal });
      return {
        backup,
        since,
        settle: (left, why, settleSignal) => {
          const lastError = why === undefined ? {} : { lastError: why };
          const now = { ...record, attempts: 1, ...lastError, thaws: left };
          return settleThaw(store, key, now, settleSignal);
        },
      };
    },
  };
}

async function largestNumber(
  store: ObjectStore,
  runUid: string,
  signal: AbortSignal,
): Promise<number> {
  const numbers: number[] = [];
  for await (const { key } of store.list(runFolder(runUid), { signal })) {
    if (runOfThawKey(key) === runUid) numbers.push(Number(key.slice(key.lastIndexOf("-") + 1)));
  }
  return Math.max(0, ...numbers);
}
