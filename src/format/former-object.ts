import { isJsonObject, type JsonObject, parseJson, stringifyJson } from "../lib/json-text.ts";
import { compressMember, inflateFile } from "./gzip-member.ts";
import { findJsonExcess } from "./json-bounds.ts";
import { createShape } from "./json-shape.ts";

const formerWrites = ["patch", "recreate", "delete"] as const;

/**
 * One line of `restores/<r>/ark-former-<n>.ndjson.gz`: an object as it stood before a restore
 * changed or deleted it. Of several lines for one object the first counts, or the last that stands
 * `instead`. docs/format.md specifies it.
 */
export interface FormerObject {
  readonly write: (typeof formerWrites)[number];
  readonly resource: string;
  /** Empty: cluster-scoped. Names are those of the cluster. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Nothing was done to what the lines before it tell of this object: it had changed meanwhile. */
  readonly instead?: true;
  /** Whole, as the API server answered it; numbers keep their text. */
  readonly object: JsonObject;
}

/** Bounds of a reader; a writer closes a part long before. */
const maxPartBytes = 256 * 1024 * 1024;
const maxNameLength = 1024;
const code = "ARK_BACKUP_DAMAGED";

/** The text of one line, with its end. */
export function formerLine(former: FormerObject): string {
  const { object, ...rest } = former;
  const header = JSON.stringify(rest).slice(0, -1);
  return `${header},"object":${stringifyJson(object)}}\n`;
}

export async function encodeFormerPart(lines: readonly string[]): Promise<Buffer> {
  return await compressMember(Buffer.from(lines.join(""), "utf8"), 6);
}

/** Errors: ARK_BACKUP_DAMAGED. */
export async function decodeFormerPart(bytes: Uint8Array, key: string): Promise<FormerObject[]> {
  const shape = createShape(code, `former objects ${key}`);
  const text = await inflateFile(bytes, maxPartBytes);
  const found: FormerObject[] = [];
  let start = 0;
  for (let end = text.indexOf(0x0a); end !== -1; end = text.indexOf(0x0a, start)) {
    const where = `line ${found.length + 1}`;
    const line = text.subarray(start, end);
    const excess = findJsonExcess(line);
    if (excess !== undefined) throw shape.fail(where, excess);
    const row = shape.record(parseLine(line.toString("utf8")), where);
    const object = row["object"] as JsonObject;
    if (!isJsonObject(object)) throw shape.fail(where, "has no object");
    const name = (value: unknown): string => shape.text(value, where, maxNameLength);
    found.push({
      write: shape.oneOf(row["write"], where, formerWrites),
      resource: name(row["resource"]),
      namespace: name(row["namespace"]),
      name: name(row["name"]),
      uid: name(row["uid"]),
      ...(row["instead"] === true ? { instead: true as const } : {}),
      object,
    });
    start = end + 1;
  }
  return found;
}

function parseLine(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
