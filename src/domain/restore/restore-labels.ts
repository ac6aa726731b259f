import { labels } from "../../api/labels.ts";
import { withValue } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { labelValue } from "../label-value.ts";

/** Velero's two marks on what a restore has made or changed. */
export function stampObject(object: JsonObject, backup: string, restore: string): JsonObject {
  const marked = withValue(object, ["metadata", "labels", labels.backupName], labelValue(backup));
  return withValue(marked, ["metadata", "labels", labels.restoreName], labelValue(restore));
}
