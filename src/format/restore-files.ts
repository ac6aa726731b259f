import type { Restore } from "../api/restore.ts";
import { maxResourceValues } from "./json-bounds.ts";
import { createShape, parseJson } from "./json-shape.ts";
import { checkRestore } from "./resource-check.ts";

/** Bound for a reader of `ark-restore.json`. */
export const maxRestoreRecordBytes = 8 * 1024 * 1024;

/** `ark-restore.json`: the Restore with its final status, pretty; written last. */
export function encodeRestore(restore: Restore): Buffer {
  return Buffer.from(`${JSON.stringify(restore, null, 2)}\n`, "utf8");
}

/** Errors: ARK_BACKUP_FORMAT. */
export function decodeRestore(bytes: Uint8Array, name: string): Restore {
  const subject = `ark-restore.json of restore "${name}"`;
  if (bytes.length > maxRestoreRecordBytes) {
    throw createShape("ARK_BACKUP_FORMAT", subject).fail(
      "it",
      `exceeds ${maxRestoreRecordBytes} bytes`,
    );
  }
  return checkRestore(parseJson(bytes, "ARK_BACKUP_FORMAT", subject, maxResourceValues), name);
}
