import type { Finding } from "../../api/results.ts";
import { readStored } from "../../catalog/read-stored.ts";
import { checkpointKey, runFolder } from "../../format/keys.ts";
import {
  decodeJournalRecord,
  type HookRecord,
  type JournalItem,
  type JournalRecord,
  type RestoreIntent,
  type RestoreOutcome,
} from "../../format/restore-journal.ts";
import { hasCode } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { objectKey } from "../apply/object-key.ts";

/** What earlier processes of a run have written down; empty for a run that begins. */
export interface InterruptedRestore {
  /** Number of the last record; the next one has one more. */
  readonly lastNumber: number;
  /** Undefined: no process has come as far as its first write. */
  readonly planned: readonly Finding[] | undefined;
  /** By {@link itemKey}; nothing is left to be done about these. */
  readonly outcomes: ReadonlyMap<string, RestoreOutcome>;
  /** Outcomes of planned objects by group-resource. */
  readonly settledPerKind: ReadonlyMap<string, number>;
  /** By {@link itemKey}; whether these were written is not known. */
  readonly inDoubt: ReadonlyMap<string, RestoreIntent>;
  /** The last that is known of each command of a pod, by its key. */
  readonly hooks: ReadonlyMap<string, HookRecord>;
  /** Records that are missing or cannot be read: what they said is forgotten. */
  readonly unreadable: readonly number[];
}

export const nothingBefore: InterruptedRestore = {
  lastNumber: 0,
  planned: undefined,
  outcomes: new Map(),
  settledPerKind: new Map(),
  inDoubt: new Map(),
  hooks: new Map(),
  unreadable: [],
};

const maxRecordFileBytes = 64 * 1024 * 1024;

export function itemKey(item: JournalItem): string {
  return objectKey(item.resource, item.namespace, item.name);
}

/** Reads the journal of a run. Each record stands for itself, so that a damaged one costs no other. */
export async function readInterruptedRestore(
  store: ObjectStore,
  runUid: string,
  signal: AbortSignal,
): Promise<InterruptedRestore> {
  const lastNumber = await lastRecordNumber(store, runUid, signal);
  let planned: readonly Finding[] | undefined;
  const outcomes = new Map<string, RestoreOutcome>();
  const inDoubt = new Map<string, RestoreIntent>();
  const hooks = new Map<string, HookRecord>();
  const unreadable: number[] = [];
  for (let number = 1; number <= lastNumber; number += 1) {
    const record = await readRecord(store, runUid, number, signal);
    if (record === undefined) {
      unreadable.push(number);
      continue;
    }
    planned ??= record.planned;
    for (const intent of record.intents) inDoubt.set(itemKey(intent), intent);
    for (const hook of record.hooks) hooks.set(hook.key, hook);
    for (const outcome of record.outcomes) outcomes.set(itemKey(outcome), outcome);
  }
  const settledPerKind = new Map<string, number>();
  for (const [key, { resource, action, additional }] of outcomes) {
    inDoubt.delete(key);
    // The backup, or the plan, has none of it.
    if (action === "deleted" || additional === true) continue;
    settledPerKind.set(resource, (settledPerKind.get(resource) ?? 0) + 1);
  }
  return { lastNumber, planned, outcomes, settledPerKind, inDoubt, hooks, unreadable };
}

async function readRecord(
  store: ObjectStore,
  runUid: string,
  number: number,
  signal: AbortSignal,
): Promise<JournalRecord | undefined> {
  const key = checkpointKey(runUid, number);
  try {
    const record = await decodeJournalRecord(
      await readStored(store, key, maxRecordFileBytes, signal),
      key,
    );
    return record.number === number ? record : undefined;
  } catch (thrown) {
    const isLost = ["ARK_BACKUP_DAMAGED", "ARK_BACKUP_FORMAT", "ARK_STORE_NOT_FOUND"] as const;
    if (isLost.some((code) => hasCode(thrown, code))) return undefined;
    throw thrown;
  }
}

async function lastRecordNumber(
  store: ObjectStore,
  runUid: string,
  signal: AbortSignal,
): Promise<number> {
  const folder = runFolder(runUid);
  let last = 0;
  for await (const entry of store.list(folder, { signal })) {
    const number = Number(entry.key.slice(folder.length));
    if (Number.isSafeInteger(number)) last = Math.max(last, number);
  }
  return last;
}
