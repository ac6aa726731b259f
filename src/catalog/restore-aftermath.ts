import { createShape, parseJson } from "../format/json-shape.ts";
import { restoreKeys } from "../format/keys.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { activationReports } from "./activation-reports.ts";
import { readStored } from "./read-stored.ts";
import type { Liveness, RunOwner } from "./run-owner.ts";
import { readUndo, type StoredUndo, undoNumbers } from "./undo-reports.ts";

/** What was done about a restore after it had ended; each is absent where nothing was. */
export interface RestoreAftermath {
  /** Of the last time that told its end. */
  readonly undo?: UndoState;
  /** After that. */
  readonly undoing?: OpenUndo;
  /** Of a passive restore that has made something. */
  readonly passive?: { readonly activation?: ActivationState };
}

export interface UndoState {
  /** `whole`: nothing was left. `none`: it was tried, and nothing came of it. */
  readonly extent: "whole" | "in part" | "none";
  /** RFC 3339; of the last time. */
  readonly endedAt: string;
  /** Objects, of the last time: taken back then or before; and those that were not. */
  readonly undone: number;
  readonly left: number;
}

/** An undo that began and has not told its end. */
export interface OpenUndo {
  /** RFC 3339. */
  readonly startedAt: string;
  /** `died`: its process is gone from this machine. `open`: that, or it goes on elsewhere. */
  readonly outcome: "running" | "died" | "open";
  /** Who runs it, or ran it last. */
  readonly owner?: RunOwner;
}

export interface ActivationState {
  /** RFC 3339; of the last time that put something to work, else of the last. */
  readonly endedAt: string;
  /** Objects, of that time: at work then or before; no more there; and those that failed. */
  readonly active: number;
  readonly gone: number;
  readonly failed: number;
}

const maxReportBytes = 256 * 1024 * 1024;
const maxOutcomes = 10_000_000;
const damaged = "ARK_BACKUP_DAMAGED";

/**
 * Reads the reports of undoing and of activating a restore: from where its record lies, and from
 * this machine too. Errors: those of the store, ARK_BACKUP_DAMAGED.
 */
export async function readAftermath(
  { place, journalStore }: AftermathPlaces,
  name: string,
  { signal, liveness }: { readonly signal: AbortSignal; readonly liveness?: Liveness | undefined },
): Promise<RestoreAftermath> {
  const places = undoPlaces({ place, journalStore });
  const undo = await lastUndos(places, name, { signal, liveness });
  const isPassive = (await place.head(restoreKeys(name).passive, { signal })) !== undefined;
  if (!isPassive) return undo;
  const activation = await lastActivation(places, name, signal);
  return { ...undo, passive: activation === undefined ? {} : { activation } };
}

/** One that did nothing, as when its user had no rights, does not hide what was done before. */
async function lastActivation(
  places: readonly ObjectStore[],
  name: string,
  signal: AbortSignal,
): Promise<ActivationState | undefined> {
  let last: ActivationState | undefined;
  for (const { place, key } of (await activationReports(places, name, signal)).toReversed()) {
    const found = await readActivation(place, key, signal);
    if (found.active > 0) return found;
    last ??= found;
  }
  return last;
}

/** Where a restore and its reports lie. */
export interface AftermathPlaces {
  /** The record. */
  readonly place: ObjectStore;
  /** Takes the reports of undos and activations when the location cannot be written to any more. */
  readonly journalStore?: ObjectStore | undefined;
}

/** Each once. */
export function undoPlaces({ place, journalStore }: AftermathPlaces): readonly ObjectStore[] {
  return journalStore === undefined || journalStore === place ? [place] : [place, journalStore];
}

/** One that did nothing, as when the cluster was away, does not hide what was done before. */
async function lastUndos(
  places: readonly ObjectStore[],
  name: string,
  { signal, liveness }: { readonly signal: AbortSignal; readonly liveness?: Liveness | undefined },
): Promise<Pick<RestoreAftermath, "undo" | "undoing">> {
  const numbers = await undoNumbers(places, name, signal);
  let undo: UndoState | undefined;
  let undoing: OpenUndo | undefined;
  for (const number of numbers.toReversed()) {
    const stored = await readUndo(places, name, number, signal);
    if (stored.endedAt === undefined) {
      if (undo === undefined || undo.extent === "none") undoing ??= openUndo(stored, liveness);
      continue;
    }
    const found = stateOf(stored, stored.endedAt);
    undo ??= found;
    if (found.extent === "none") continue;
    undo = found;
    break;
  }
  return { ...(undo && { undo }), ...(undoing && { undoing }) };
}

function openUndo({ startedAt, owner }: StoredUndo, liveness: Liveness | undefined): OpenUndo {
  if (owner === undefined) return { startedAt, outcome: "open" };
  const life = liveness?.(owner) ?? "unknown";
  const outcome = life === "alive" ? "running" : life === "gone" ? "died" : "open";
  return { startedAt, outcome, owner };
}

function stateOf({ outcomes, phase }: StoredUndo, endedAt: string): UndoState {
  const left = outcomes.filter(({ outcome }) => outcome === "left" || outcome === "failed").length;
  const undone = outcomes.length - left;
  const extent = phase === "Completed" ? "whole" : undone > 0 ? "in part" : "none";
  return { extent, endedAt, undone, left };
}

async function readActivation(
  place: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<ActivationState> {
  const { outcomes, endedAt } = await readReport(place, key, signal);
  const counted = (outcome: string): number => outcomes.filter((one) => one === outcome).length;
  const active = counted("activated") + counted("active") + counted("left");
  const failed = counted("failed") + counted("unmarked");
  return { endedAt, active, gone: counted("gone"), failed };
}

async function readReport(place: ObjectStore, key: string, signal: AbortSignal) {
  const subject = `the report ${key}`;
  const shape = createShape(damaged, subject);
  const bytes = await readStored(place, key, maxReportBytes, signal);
  const report = shape.record(parseJson(bytes, damaged, subject), "it");
  const outcomes = shape.list(report["outcomes"], "outcomes", maxOutcomes, (value, where) =>
    shape.text(shape.record(value, where)["outcome"], `${where}.outcome`),
  );
  const [phase, endedAt] = [report["phase"], report["endedAt"]];
  return { outcomes, phase: shape.text(phase, "phase"), endedAt: shape.text(endedAt, "endedAt") };
}
