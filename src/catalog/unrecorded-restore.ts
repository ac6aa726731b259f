import { restoreKeys, restoreRecordsFolder } from "../format/keys.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { NameRecord } from "./name-record.ts";
import { restoreRecordIfReadable } from "./restore-records.ts";
import type { Liveness } from "./run-owner.ts";

/**
 * What became of a restore that has no record: its process is alive on this machine (`running`) or
 * gone from it (`died`), or nobody here can tell (`open`: it died, or goes on elsewhere). `ended`:
 * no run owns the name, there are only files: Velero's, or a run's that could not write its record.
 */
export type RestoreRunOutcome = "running" | "died" | "open" | "ended";

export interface UnrecordedRestore {
  readonly name: string;
  readonly outcome: RestoreRunOutcome;
  /** Who runs it, or ran it last, and what was asked for; unreadable or gone: undefined. */
  readonly record?: NameRecord;
  /** Where its journal lies, unless it has `ended`. */
  readonly journalStore?: ObjectStore;
  /** RFC 3339; when the last of its files was written. */
  readonly writtenAt?: string;
}

export interface RestorePlaces {
  readonly store: ObjectStore;
  /** Where runs keep their journal when the location cannot be written to. */
  readonly journalStore?: ObjectStore | undefined;
}

export interface ReadUnrecordedOptions {
  readonly signal: AbortSignal;
  /** Without it no run counts as running. */
  readonly liveness?: Liveness | undefined;
}

/**
 * Undefined: nothing has this name, though stores that keep versions may list its empty folder.
 * To be asked of a restore whose `ark-restore.json` is not there.
 */
export async function readUnrecorded(
  { store, journalStore }: RestorePlaces,
  name: string,
  { signal, liveness }: ReadUnrecordedOptions,
): Promise<UnrecordedRestore | undefined> {
  const writtenAt = await lastWrite(store, restoreKeys(name).folder, signal);
  const files = writtenAt === undefined ? {} : { writtenAt: writtenAt.toISOString() };
  for (const place of [store, ...(journalStore === undefined ? [] : [journalStore])]) {
    if ((await lastWrite(place, restoreRecordsFolder(name), signal)) === undefined) continue;
    const record = await restoreRecordIfReadable(place, name, signal);
    const run = { name, journalStore: place, ...files };
    if (record === undefined) return { ...run, outcome: "open" };
    const life = liveness?.(record.owner) ?? "unknown";
    const outcome = life === "alive" ? "running" : life === "gone" ? "died" : "open";
    return { ...run, outcome, record };
  }
  return writtenAt === undefined ? undefined : { name, outcome: "ended", ...files };
}

async function lastWrite(
  store: ObjectStore,
  folder: string,
  signal: AbortSignal,
): Promise<Date | undefined> {
  let last: Date | undefined;
  for await (const entry of store.list(folder, { signal })) {
    if (entry.kind !== "object") continue;
    if (last === undefined || entry.modifiedAt > last) last = entry.modifiedAt;
  }
  return last;
}
