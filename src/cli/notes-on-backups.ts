import { annotations } from "../api/labels.ts";
import type { BackupRecord } from "../catalog/open-backup.ts";
import { selectionKey } from "../domain/selection/selection-key.ts";

/**
 * Why two backups differ for other reasons than that objects did; one sentence each. `leftOut`: what
 * becomes of objects that the selection of one of them left out.
 */
export function notesOnBackups(
  older: Pick<BackupRecord, "backup" | "manifest">,
  newer: Pick<BackupRecord, "backup" | "manifest">,
  leftOut: string,
): readonly string[] {
  const selection = ({ backup: { metadata, spec } }: Pick<BackupRecord, "backup">): string =>
    selectionKey(spec, metadata.annotations?.[annotations.resourcePoliciesSha256]);
  const [before, after] = [older.manifest?.cluster.id, newer.manifest?.cluster.id];
  const notes: string[] = [];
  if (before !== undefined && after !== undefined && before !== after) {
    notes.push("they are of two clusters");
  }
  if (selection(older) !== selection(newer)) {
    notes.push(`their selections differ: ${leftOut}`);
  }
  return notes;
}
