import { howToContinue } from "../domain/restore/continue-command.ts";
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
  const written = await lastWrite(store, restoreKeys(name).folder, signal);
  const files = written?.at === undefined ? {} : { writtenAt: written.at.toISOString() };
  for (const place of [store, ...(journalStore === undefined ? [] : [journalStore])]) {
    if ((await lastWrite(place, restoreRecordsFolder(name), signal)) === undefined) continue;
    const record = await restoreRecordIfReadable(place, name, signal);
    const run = { name, journalStore: place, ...files };
    if (record === undefined) return { ...run, outcome: "open" };
    const life = liveness?.(record.owner) ?? "unknown";
    const outcome = life === "alive" ? "running" : life === "gone" ? "died" : "open";
    return { ...run, outcome, record };
  }
  return written === undefined ? undefined : { name, outcome: "ended", ...files };
}

/** Why nothing can be done yet about a restore, and what to do before; clauses. */
export interface NotEnded {
  readonly message: string;
  /** How it comes to its end, or is given up. */
  readonly advice: string;
}

/**
 * `next`: what is to be done with it once it has ended, such as `undo it`. Undefined: no run owns the
 * name, so that it has ended or is Velero's. Errors: those of the store.
 */
export async function whyNotEnded(
  places: RestorePlaces,
  name: string,
  next: string,
  options: ReadUnrecordedOptions,
): Promise<NotEnded | undefined> {
  const left = await readUnrecorded(places, name, options);
  if (left === undefined || left.outcome === "ended") return undefined;
  const message = `restore "${name}" has not ended`;
  if (left.outcome === "running") {
    return { message: `${message}: it runs`, advice: `wait for it, then ${next}` };
  }
  const cut = left.outcome === "died" ? "it was cut off" : "it was cut off, or still runs";
  const giveUp = `to give up what it has kept: ark-ts restore discard ${name}`;
  const advice = `${howToContinue(left.record)}; then ${next}; ${giveUp}`;
  return { message: `${message}: ${cut}`, advice };
}

/** Undefined: nothing is there. `at` is absent where the store tells no times. */
async function lastWrite(
  store: ObjectStore,
  folder: string,
  signal: AbortSignal,
): Promise<{ readonly at?: Date } | undefined> {
  let last: { readonly at?: Date } | undefined;
  for await (const entry of store.list(folder, { signal })) {
    if (entry.kind !== "object") continue;
    last ??= {};
    const { modifiedAt: at } = entry;
    if (at !== undefined && (last.at ?? at) <= at) last = { at };
  }
  return last;
}
