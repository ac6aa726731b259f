import { annotations } from "../api/labels.ts";
import type { ObjectMeta } from "../api/object-meta.ts";
import { doingCounts, doingTexts, type RunDoing } from "../api/run-doing.ts";
import { hasCode } from "../lib/errors.ts";
import { createShape, parseJson } from "./json-shape.ts";

const code = "ARK_BACKUP_FORMAT";

/** What the run of a Backup or Restore says that it does; undefined when it says nothing readable. */
export function doingOf({
  annotations: notes,
}: Pick<ObjectMeta, "annotations">): RunDoing | undefined {
  const text = notes?.[annotations.doing];
  if (text === undefined) return undefined;
  const subject = `annotation ${annotations.doing}`;
  try {
    const shape = createShape(code, subject);
    const row = shape.record(parseJson(Buffer.from(text), code, subject), "it");
    const known = (key: string): boolean => row[key] !== undefined;
    return Object.fromEntries([
      ...doingCounts.filter(known).map((key) => [key, shape.count(row[key], key)]),
      ...doingTexts.filter(known).map((key) => [key, shape.text(row[key], key)]),
    ]) as RunDoing;
  } catch (thrown) {
    if (hasCode(thrown, code)) return undefined;
    throw thrown;
  }
}
