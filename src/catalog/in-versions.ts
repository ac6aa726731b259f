import type { GroupResource } from "../api/resource-kind.ts";
import type { IndexLine } from "../format/index-line.ts";
import { createFingerprintTable } from "../lib/fingerprint-table.ts";
import { objectPlace } from "./damage.ts";
import type { OpenedBackup } from "./opened-backup.ts";

type Line = Pick<IndexLine, "resource" | "namespace" | "name" | "folder">;

/** The table wants a value; only names are asked for. */
const noValue = "0".repeat(16);

/**
 * The backup with some kinds in another version than the preferred one: `folders` names it, by
 * group-resource. An object that this folder does not have stays as it is at its plain path.
 * Reads the lines once; 16 bytes each of those chosen. Errors: as `OpenedBackup.index`.
 */
export async function inVersions(
  backup: OpenedBackup,
  folders: ReadonlyMap<GroupResource, string>,
  signal: AbortSignal,
): Promise<OpenedBackup> {
  if (folders.size === 0) return backup;
  const chosen = createFingerprintTable();
  const key = (line: Line): string => `${line.resource} ${objectPlace(line)}`;
  const isChosen = (line: Line): boolean =>
    line.folder !== undefined && folders.get(line.resource) === line.folder;
  for await (const line of backup.everyVersion().index(signal)) {
    if (isChosen(line)) chosen.put(key(line), noValue);
  }
  const counts = (line: Line): boolean =>
    line.folder === undefined
      ? !(folders.has(line.resource) && chosen.has(key(line)))
      : isChosen(line);
  const objects = backup.everyVersion();
  return {
    ...backup,
    async *index(again) {
      for await (const line of objects.index(again)) if (counts(line)) yield line;
    },
    read: objects.read,
    entries: (wanted, again, onDamaged) =>
      objects.entries(
        (line) => counts(line) && wanted(line),
        again,
        (line, error) => {
          if (!counts(line)) return;
          if (onDamaged === undefined) throw error;
          onDamaged(line, error);
        },
      ),
    notes: objects.notes,
  };
}
