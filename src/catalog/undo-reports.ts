import { createShape, parseJson } from "../format/json-shape.ts";
import { numberOfReport, restoreKeys, undoKey } from "../format/keys.ts";
import { checkOwner } from "../format/owner-check.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readStored } from "./read-stored.ts";
import type { RunOwner } from "./run-owner.ts";

/** `ark-undo-<n>.json`, as far as it is read again. */
export interface StoredUndo {
  readonly number: number;
  /** `InProgress`: it has not told its end. */
  readonly phase: string;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Absent while it is in progress. */
  readonly endedAt?: string;
  /** Who ran it; absent where that is not known. */
  readonly owner?: RunOwner;
  readonly outcomes: readonly StoredUndoOutcome[];
}

export interface StoredUndoOutcome {
  readonly resource: string;
  /** Empty: cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
  readonly outcome: string;
  /** Of what was put back or made again. */
  readonly uid?: string;
  /** Only the record of the restore has it. */
  readonly missing: boolean;
}

const maxReportBytes = 256 * 1024 * 1024;
const maxOutcomes = 10_000_000;
const damaged = "ARK_BACKUP_DAMAGED";

/**
 * Numbers of the undos of a restore, ascending. A location that became read-only has some, and this
 * machine the others. Errors: those of the store.
 */
export async function undoNumbers(
  places: readonly ObjectStore[],
  restore: string,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const numbers = new Set<number>();
  for (const place of places) {
    for await (const { key } of place.list(restoreKeys(restore).folder, { signal })) {
      const number = numberOfReport("undo", restore, key);
      if (number !== undefined) numbers.add(number);
    }
  }
  return [...numbers].sort((a, b) => a - b);
}

/** Of several places the one that tells its end. Errors: those of the store, ARK_BACKUP_DAMAGED. */
export async function readUndo(
  places: readonly ObjectStore[],
  restore: string,
  number: number,
  signal: AbortSignal,
): Promise<StoredUndo> {
  const key = undoKey(restore, number);
  let found: StoredUndo | undefined;
  for (const [at, place] of places.entries()) {
    const isLast = at === places.length - 1 && found === undefined;
    if (!isLast && (await place.head(key, { signal })) === undefined) continue;
    const one = decode(await readStored(place, key, maxReportBytes, signal), key, number);
    if (found === undefined || found.endedAt === undefined) found = one;
  }
  return found as StoredUndo;
}

function decode(bytes: Uint8Array, key: string, number: number): StoredUndo {
  const subject = `the report ${key}`;
  const shape = createShape(damaged, subject);
  const report = shape.record(parseJson(bytes, damaged, subject), "it");
  const outcomes = shape.list(report["outcomes"], "outcomes", maxOutcomes, (value, where) => {
    const row = shape.record(value, where);
    const text = (field: string): string => shape.text(row[field], `${where}.${field}`);
    return {
      resource: text("resource"),
      namespace: text("namespace"),
      name: text("name"),
      outcome: text("outcome"),
      missing: row["missing"] === true,
      ...(row["uid"] === undefined ? {} : { uid: text("uid") }),
    };
  });
  const { phase, startedAt, endedAt, owner } = report;
  return {
    number,
    phase: shape.text(phase, "phase"),
    startedAt: shape.text(startedAt, "startedAt"),
    ...(endedAt === undefined ? {} : { endedAt: shape.text(endedAt, "endedAt") }),
    ...(owner === undefined ? {} : { owner: checkOwner(owner, shape) }),
    outcomes,
  };
}
