import { backupKeys, nameRecordKey, nameRecordsFolder } from "../format/keys.ts";
import type { Results } from "../format/results.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { lastRecord } from "./name-claim.ts";
import type { NameRecord } from "./name-record.ts";
import { readResults } from "./read-side-file.ts";
import type { Liveness } from "./run-owner.ts";

/**
 * What became of a run without seal: its process is alive on this machine or gone from it
 * (`died`; it can go on), it ended by itself for good, or nobody here can tell (`open`: it died, or
 * goes on elsewhere).
 */
export type RunOutcome = "running" | "failed" | "cancelled" | "died" | "open";

/** What a run left, or has so far, that sealed no backup. */
export interface UnsealedRun {
  readonly name: string;
  /** RFC 3339; when the oldest of its keys was written. */
  readonly startedAt?: string;
  readonly outcome: RunOutcome;
  /** Who owns the name, or owned it last, and what was asked for; gone when a run ends by itself. */
  readonly record?: NameRecord;
  /** Of a run that ended by itself. */
  readonly results?: Results;
}

export interface ReadUnsealedOptions {
  readonly signal: AbortSignal;
  /** Without it no run counts as running. */
  readonly liveness?: Liveness | undefined;
}

/**
 * Undefined: nothing has this name. Errors: ARK_BACKUP_FOREIGN for a folder in which no file is of
 * a backup; those of the store.
 */
export async function readUnsealed(
  store: ObjectStore,
  name: string,
  { signal, liveness }: ReadUnsealedOptions,
): Promise<UnsealedRun | undefined> {
  const keys = backupKeys(name);
  let oldest: Date | undefined;
  const found: string[] = [];
  for (const folder of [keys.folder, nameRecordsFolder(name)]) {
    for await (const entry of store.list(folder, { signal })) {
      if (entry.kind !== "object") continue;
      const { key, modifiedAt } = entry;
      if (modifiedAt !== undefined && (oldest ?? modifiedAt) >= modifiedAt) oldest = modifiedAt;
      found.push(key);
    }
  }
  if (found.length === 0) return undefined;
  if (isForeign(name, found)) throw foreignFolder(name);
  const record = await recordIfReadable(store, name, signal);
  const run = {
    name,
    ...(oldest !== undefined && { startedAt: oldest.toISOString() }),
    ...(record !== undefined && { record }),
  };
  const life = record === undefined ? "unknown" : (liveness?.(record.owner) ?? "unknown");
  if (life === "alive") return { ...run, outcome: "running" };
  // Who ends for good gives up the record; who dies later, or may go on, can leave a log too.
  const hasTraces = found.includes(keys.logs) || found.includes(keys.results);
  if (record !== undefined || !hasTraces) {
    return { ...run, outcome: life === "gone" ? "died" : "open" };
  }
  const results = await resultsIfReadable(store, keys.results, signal);
  return {
    ...run,
    outcome: isCancelled(results) ? "cancelled" : "failed",
    ...(results !== undefined && { results }),
  };
}

/** Whether none of the keys below a backup's name is one that a run, ours or Velero's, writes. */
export function isForeign(name: string, keys: readonly string[]): boolean {
  const own = new Set<string>(Object.values(backupKeys(name)));
  const records = nameRecordsFolder(name);
  return keys.length > 0 && !keys.some((key) => own.has(key) || key.startsWith(records));
}

export function foreignFolder(name: string): ArkError {
  return new ArkError(
    "ARK_BACKUP_FOREIGN",
    `the folder "${backupKeys(name).folder}" holds files that are no backup's`,
    { advice: "ark-ts leaves them alone; whoever put them there may move them away" },
  );
}

/** A record that cannot be read tells nothing of its run. */
async function recordIfReadable(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<NameRecord | undefined> {
  const scope = { noun: "backup" as const, folder: nameRecordsFolder, key: nameRecordKey };
  try {
    return (await lastRecord(scope, name, store, signal))?.record;
  } catch (thrown) {
    if (hasCode(thrown, "ARK_BACKUP_DAMAGED") || hasCode(thrown, "ARK_STORE_NOT_FOUND")) return;
    throw thrown;
  }
}

async function resultsIfReadable(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<Results | undefined> {
  try {
    return await readResults(store, key, signal);
  } catch (thrown) {
    if (hasCode(thrown, "ARK_BACKUP_DAMAGED") || hasCode(thrown, "ARK_BACKUP_FORMAT")) return;
    throw thrown;
  }
}

function isCancelled(results: Results | undefined): boolean {
  const messages = results?.errors.velero ?? [];
  return messages.some((message) => message.endsWith(" error: /ARK_CANCELLED"));
}
