import { activationReports } from "../../catalog/activation-reports.ts";
import { readStored } from "../../catalog/read-stored.ts";
import { createShape, parseJson } from "../../format/json-shape.ts";
import { decodeWritten, type WrittenForm } from "../../format/restore-journal.ts";
import type { ObjectStore } from "../../ports/object-store.ts";

/** How an object stood when `restore activate` wrote it, and right after. */
export interface ActivatedForm {
  readonly before: readonly WrittenForm[];
  readonly written: WrittenForm;
}

const maxReportBytes = 256 * 1024 * 1024;
const maxOutcomes = 10_000_000;
const maxForms = 8;

/**
 * What activating a passive restore has written, by the uid of the object: that is no change since
 * the restore. Errors: those of the store, ARK_BACKUP_DAMAGED.
 */
export async function activatedBefore(
  places: readonly ObjectStore[],
  restore: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ActivatedForm>> {
  const found = new Map<string, ActivatedForm>();
  for (const { key, place } of await activationReports(places, restore, signal)) {
    const subject = `the report ${key}`;
    const shape = createShape("ARK_BACKUP_DAMAGED", subject);
    const bytes = await readStored(place, key, maxReportBytes, signal);
    const report = shape.record(parseJson(bytes, "ARK_BACKUP_DAMAGED", subject), "it");
    shape.list(report["outcomes"], "outcomes", maxOutcomes, (value, where) => {
      const row = shape.record(value, where);
      if (row["written"] === undefined) return;
      found.set(shape.text(row["uid"], where), {
        before: shape.list(row["before"], where, maxForms, (one, at) =>
          decodeWritten(shape, one, at),
        ),
        written: decodeWritten(shape, row["written"], where),
      });
    });
  }
  return found;
}
