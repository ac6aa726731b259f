import { nextActivationKey } from "../../catalog/activation-reports.ts";
import { readRestoreHere } from "../../catalog/read-restore.ts";
import { undoPlaces } from "../../catalog/restore-aftermath.ts";
import type { RestorePlaces } from "../../catalog/unrecorded-restore.ts";
import { type ArkError, hasCode, toArkError } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { type ActivatedItem, phaseOfActivation } from "../activate-restore.ts";

const writeMs = 60_000;

/** `ark-activation-<n>.json`. */
export interface ActivationReport {
  readonly restore: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly phase: ReturnType<typeof phaseOfActivation>;
  readonly outcomes: readonly ActivatedItem[];
}

/** Where the report of an activation went. */
export interface RecordedActivation {
  /** Why it is on this machine only: the location could not be written to. */
  readonly elsewhere?: ArkError;
}

/**
 * Beside the record of the restore, else on this machine; also when the command was cancelled.
 * Errors: those of the location, where neither takes it.
 */
export async function writeActivation(
  places: RestorePlaces,
  report: Omit<ActivationReport, "phase">,
): Promise<RecordedActivation> {
  const { restore, outcomes } = report;
  const { journalStore } = places;
  const place = await placeOf(places, restore, AbortSignal.timeout(writeMs));
  const all = undoPlaces({ place, journalStore });
  const whole = { ...report, phase: phaseOfActivation(outcomes) };
  const bytes = Buffer.from(`${JSON.stringify(whole, null, 2)}\n`, "utf8");
  let why: ArkError | undefined;
  for (const one of all) {
    try {
      await putNext(one, all, restore, bytes);
      return why === undefined ? {} : { elsewhere: why };
    } catch (thrown) {
      why ??= toArkError(thrown);
    }
  }
  throw why;
}

/** Under the next number that is free in all places. */
async function putNext(
  place: ObjectStore,
  all: readonly ObjectStore[],
  restore: string,
  bytes: Uint8Array,
): Promise<void> {
  const signal = AbortSignal.timeout(writeMs);
  for (;;) {
    const key = await nextActivationKey(all, restore, signal);
    try {
      await place.put(key, bytes, { ifAbsent: place.capabilities.conditionalPut, signal });
      return;
    } catch (thrown) {
      if (!hasCode(thrown, "ARK_STORE_EXISTS")) throw thrown;
    }
  }
}

async function placeOf(
  places: RestorePlaces,
  name: string,
  signal: AbortSignal,
): Promise<ObjectStore> {
  try {
    return (await readRestoreHere(places, name, { signal })).place;
  } catch (thrown) {
    const { journalStore } = places;
    if (journalStore === undefined || !hasCode(thrown, "ARK_RESTORE_NOT_FOUND")) throw thrown;
    return journalStore;
  }
}
