import { damagedBackup, describeLine } from "../../catalog/damage.ts";
import type { BackupEntry } from "../../catalog/opened-backup.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { readObject } from "./read-object.ts";

/**
 * The object of an entry. Errors: ARK_JSON_INVALID; ARK_BACKUP_DAMAGED when its bytes are another
 * object than its place in the backup says.
 */
export function readBackedUp({ line, bytes }: BackupEntry, backupName: string): JsonObject {
  const object = readObject(bytes, `${describeLine(line)} of backup "${backupName}"`);
  const fields: readonly (readonly [string, readonly string[], string])[] = [
    ["name", ["metadata", "name"], line.name],
    ["namespace", ["metadata", "namespace"], line.namespace ?? ""],
    ["apiVersion", ["apiVersion"], line.version],
    ["kind", ["kind"], line.kind],
  ];
  for (const [field, path, expected] of fields) {
    const found = textAt(object, path);
    if (found === expected) continue;
    const problem = `${describeLine(line)} is another object: its ${field} is ${JSON.stringify(found)}, where its place says ${JSON.stringify(expected)}`;
    throw damagedBackup(backupName, problem);
  }
  return object;
}
