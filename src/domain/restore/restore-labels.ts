import { hash } from "node:crypto";
import { labels } from "../../api/labels.ts";
import { withValue } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";

const maxLabelValue = 63;
const hashDigits = 6;

/** As Velero: a value that is too long ends in the first digits of its SHA-256. */
export function labelValue(text: string): string {
  if (text.length <= maxLabelValue) return text;
  const digest = hash("sha256", text, "hex").slice(0, hashDigits);
  return text.slice(0, maxLabelValue - hashDigits) + digest;
}

/** Velero's two marks on what a restore has made or changed. */
export function stampObject(object: JsonObject, backup: string, restore: string): JsonObject {
  const marked = withValue(object, ["metadata", "labels", labels.backupName], labelValue(backup));
  return withValue(marked, ["metadata", "labels", labels.restoreName], labelValue(restore));
}
