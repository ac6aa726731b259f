import { describeOwner } from "../../catalog/name-claim.ts";
import type { Liveness, RunOwner } from "../../catalog/run-owner.ts";
import { readUndo, undoNumbers } from "../../catalog/undo-reports.ts";
import { undoKey } from "../../format/keys.ts";
import { ArkError, hasCode, toArkError } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { objectKey } from "../apply/object-key.ts";
import type { UndoReport } from "./undo-request.ts";

/** What earlier undos of a restore have told, by object key; of several the last counts. */
export interface UndoneBefore {
  /** uid of what was put back or made again. */
  readonly uids: ReadonlyMap<string, string>;
  /** Nothing was left to be done about these: whatever has become of them since is none of the restore. */
  readonly settled: ReadonlySet<string>;
  /** Whether only the record of the restore has the object. */
  readonly missing: ReadonlyMap<string, boolean>;
  /** One has not told its end, and none has come to its own since: what it did is not known. */
  readonly isCutOff: boolean;
}

/** Errors: those of the store, ARK_BACKUP_DAMAGED. */
export async function undoneBefore(
  places: readonly ObjectStore[],
  restore: string,
  signal: AbortSignal,
): Promise<UndoneBefore> {
  const uids = new Map<string, string>();
  const missing = new Map<string, boolean>();
  const settled = new Set<string>();
  let isCutOff = false;
  for (const number of await undoNumbers(places, restore, signal)) {
    const { outcomes, phase, endedAt } = await readUndo(places, restore, number, signal);
    if (endedAt === undefined) isCutOff = true;
    else if (phase !== "Failed") isCutOff = false;
    for (const { outcome, uid, missing: isMissing, ...at } of outcomes) {
      const place = objectKey(at.resource, at.namespace, at.name);
      missing.set(place, isMissing);
      if (isMissing || outcome === "left" || outcome === "failed") settled.delete(place);
      else settled.add(place);
      if (uid !== undefined) uids.set(place, uid);
    }
  }
  return { uids, settled, missing, isCutOff };
}

/** An undo whose beginning is written down. */
export interface BegunUndo {
  readonly number: number;
  readonly startedAt: string;
  /** Where its report goes, and where else when that takes none. */
  readonly places: readonly ObjectStore[];
}

export interface UndoBeginning {
  readonly restore: string;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Undefined: nobody can tell whether it is alive. */
  readonly owner: RunOwner | undefined;
  readonly liveness: Liveness | undefined;
}

const cannotWrite = ["ARK_STORE_READ_ONLY", "ARK_STORE_DENIED"] as const;

/**
 * Writes down that an undo begins, before it changes anything: in the first of `places` that can be
 * written to. Errors: ARK_NAME_IN_USE while another undoes the restore; those of the store.
 */
export async function beginUndo(
  { restore, startedAt, owner, liveness }: UndoBeginning,
  places: readonly ObjectStore[],
  signal: AbortSignal,
): Promise<BegunUndo> {
  const begun = { restore, startedAt, phase: "InProgress", ...(owner && { owner }), outcomes: [] };
  const bytes = encode(begun);
  for (;;) {
    const numbers = await undoNumbers(places, restore, signal);
    const number = (numbers.at(-1) ?? 0) + 1;
    await refuseWhileUndone(restore, numbers, { places, liveness }, signal);
    for (const [at, place] of places.entries()) {
      try {
        const ifAbsent = place.capabilities.conditionalPut;
        await place.put(undoKey(restore, number), bytes, { ifAbsent, signal });
        return { number, startedAt, places: places.slice(at) };
      } catch (thrown) {
        if (hasCode(thrown, "ARK_STORE_EXISTS")) break;
        const isLast = at === places.length - 1;
        if (isLast || !cannotWrite.some((code) => hasCode(thrown, code)))
          throw noPlace(restore, thrown);
      }
    }
  }
}

function noPlace(restore: string, thrown: unknown): ArkError {
  const { code, message } = toArkError(thrown);
  return new ArkError(
    code,
    `restore "${restore}" is not undone, as it cannot be written down that it is: ${message}`,
    { cause: thrown },
  );
}

async function refuseWhileUndone(
  restore: string,
  numbers: readonly number[],
  {
    places,
    liveness,
  }: { readonly places: readonly ObjectStore[]; readonly liveness: Liveness | undefined },
  signal: AbortSignal,
): Promise<void> {
  const last = numbers.at(-1);
  if (last === undefined) return;
  const { endedAt, owner } = await readUndo(places, restore, last, signal);
  if (endedAt !== undefined || owner === undefined || liveness?.(owner) !== "alive") return;
  throw new ArkError(
    "ARK_NAME_IN_USE",
    `restore "${restore}" is being undone by ${describeOwner(owner)}`,
    {
      advice: "wait for it, or stop it with Ctrl-C",
    },
  );
}

const writeMs = 60_000;

/**
 * `ark-undo-<n>.json`, pretty; also of a run that was cancelled. Answers why it could not be written
 * anywhere: what was done in the cluster is done all the same.
 */
export async function writeUndo(
  { number, places }: BegunUndo,
  report: UndoReport,
): Promise<ArkError | undefined> {
  let why: ArkError | undefined;
  for (const place of places) {
    try {
      const signal = AbortSignal.timeout(writeMs);
      await place.put(undoKey(report.restore, number), encode(report), { signal });
      return undefined;
    } catch (thrown) {
      why ??= toArkError(thrown);
    }
  }
  return why;
}

function encode(report: object): Buffer {
  return Buffer.from(`${JSON.stringify(report, null, 2)}\n`, "utf8");
}
