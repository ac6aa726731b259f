import type { Finding } from "../../api/results.ts";
import type { NameClaim } from "../../catalog/name-claim.ts";
import { putOwned } from "../../catalog/put-owned.ts";
import { checkpointKey } from "../../format/keys.ts";
import {
  createJournalRecordBuilder,
  type HookRecord,
  type IntendedWrite,
  type JournalItem,
  type RestoreOutcome,
} from "../../format/restore-journal.ts";
import { type ArkError, hasCode, toArkError } from "../../lib/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { itemKey } from "./interrupted-restore.ts";

/** Silence after which an empty record says that the run is alive. */
const signOfLifeMs = 60_000;
/** Outcomes are written when so many wait, or the first one has waited for so long. */
const maxWaitingOutcomes = 1000;
const maxWaitingMs = 1000;

/** `uid`: of the object that is to be patched or deleted. */
type IntendedItem = JournalItem & { readonly uid?: string };

/**
 * Makes a restore continuable: what is about to be written is put down before it is, and what
 * became of it soon after. All that waits goes into one record, and one is written at a time.
 */
export interface RestoreJournal {
  /** What planning had to say; goes into the first record. */
  begin(planned: readonly Finding[]): void;
  /** Resolves when these are durable; at once for what was put down before. Errors: ARK_NAME_LOST. */
  intend(write: IntendedWrite, items: readonly IntendedItem[]): Promise<void>;
  /** Never waits. Errors: ARK_NAME_LOST when that has become known. */
  settled(outcome: RestoreOutcome): void;
  /** Resolves when it is durable. Errors: ARK_NAME_LOST. */
  noteHook(record: HookRecord): Promise<void>;
  /** A record was put, by this process or one before it: something may have been done. */
  hasRecords(): boolean;
  /** Writes down what waits, where that can be. Never rejects. */
  flush(): Promise<void>;
  /**
   * Until it is aborted, an empty record after each minute of silence. Resolves when no record is
   * on its way to the store any more. Never rejects.
   */
  keepAlive(stop: AbortSignal): Promise<void>;
}

export interface JournalOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly claim: NameClaim;
  readonly lastNumber: number;
  /** The store no longer takes records: the restore goes on without them. Called once. */
  readonly onBroken: (error: ArkError) => void;
}

/** For a restore that nothing can be written down of: it cannot be continued. */
export const noJournal: RestoreJournal = {
  begin() {},
  async intend() {},
  settled() {},
  async noteHook() {},
  hasRecords: () => false,
  async flush() {},
  async keepAlive() {},
};

export function createRestoreJournal(options: JournalOptions, signal: AbortSignal): RestoreJournal {
  const { store, clock, claim } = options;
  const intended = new Set<string>();
  let number = options.lastNumber;
  let planned: readonly Finding[] | undefined;
  const next = createJournalRecordBuilder();
  let writtenAtMs = clock.monotonicMs();
  let waitingSinceMs = writtenAtMs;
  let isBroken = false;
  let lost: unknown;
  let running: Promise<void> = Promise.resolve();
  let queued: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    queued = undefined;
    if (lost !== undefined) throw lost;
    if (isBroken) return;
    const news = planned === undefined ? {} : { planned };
    planned = undefined;
    number += 1;
    writtenAtMs = clock.monotonicMs();
    try {
      const bytes = await next.encode({ number, at: clock.now().toISOString(), ...news });
      const key = checkpointKey(claim.record.runUid, number);
      await putOwned({ store, key, bytes, checkOwner: claim.checkOwner }, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (hasCode(thrown, "ARK_NAME_LOST")) {
        lost = thrown;
        throw thrown;
      }
      isBroken = true;
      options.onBroken(toArkError(thrown));
    }
  };
  /** What is called for while a record is being written goes together into the next one. */
  const flush = (): Promise<void> => {
    if (queued === undefined) {
      queued = running.then(write);
      running = queued.catch(() => {});
    }
    return queued;
  };
  const flushUnwatched = (): void => void flush().catch(() => {});

  return {
    begin(findings) {
      planned = findings;
    },
    async intend(kind, items) {
      const keyOf = (item: IntendedItem): string => `${kind} ${itemKey(item)}${item.uid ?? ""}`;
      const news = items.filter((item) => !intended.has(keyOf(item)));
      if (news.length === 0) return;
      for (const { resource, namespace, name, uid } of news) {
        const whose = uid === undefined ? {} : { uid };
        next.addIntent({ write: kind, resource, namespace, name, ...whose });
      }
      await flush();
      for (const item of news) intended.add(keyOf(item));
    },
    settled(outcome) {
      if (lost !== undefined) throw lost;
      if (isBroken) return;
      const key = itemKey(outcome);
      intended.delete(`create ${key}`);
      intended.delete(`patch ${key}${outcome.uid ?? ""}`);
      if (next.outcomes === 0) waitingSinceMs = clock.monotonicMs();
      next.addOutcome(outcome);
      const isDue = clock.monotonicMs() - waitingSinceMs >= maxWaitingMs;
      if (queued === undefined && (isDue || next.outcomes >= maxWaitingOutcomes)) flushUnwatched();
    },
    async noteHook(record) {
      next.addHook(record);
      await flush();
    },
    hasRecords: () => number > 0,
    async flush() {
      await (next.outcomes > 0 ? flush() : running).catch(() => {});
    },
    async keepAlive(stop) {
      const until = AbortSignal.any([stop, signal]);
      while (!until.aborted && lost === undefined && !isBroken) {
        const silentMs = clock.monotonicMs() - writtenAtMs;
        const step =
          silentMs >= signOfLifeMs ? flush() : clock.sleep(signOfLifeMs - silentMs, until);
        // An abort; or the name is lost, which the next write is told.
        await step.catch(() => {});
      }
      await running;
    },
  };
}
