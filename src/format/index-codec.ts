import { ArkError } from "../lib/errors.ts";
import { decodeJson } from "../lib/json-text.ts";
import type { IndexLine } from "./index-line.ts";
import { inflateStream } from "./inflate-stream.ts";
import { createShape } from "./json-shape.ts";
import { lineHead, mostLineBytes, placeIndexLines, writeUnplacedLine } from "./write-index-line.ts";

/** Far above any honest line: names are bounded by the entry path. */
const maxLineBytes = 64 * 1024;

const shape = createShape("ARK_BACKUP_DAMAGED", "the index");

/** One line with its newline. Keys stand in the order of {@link IndexLine}. */
export function encodeIndexLine(line: IndexLine): string {
  const [memberOffset, memberBytes, bodyOffset, bodyBytes] = line.at;
  const head = lineHead(line);
  const rest = { ...line, namespace: line.namespace ?? "", bodyOffset, bodyBytes };
  const bytes = Buffer.alloc(mostLineBytes(head, rest));
  const unplaced = bytes.subarray(0, writeUnplacedLine(bytes, 0, head, rest));
  return placeIndexLines(unplaced, memberOffset, memberBytes).toString();
}

/** Unknown keys are ignored. Errors: ARK_BACKUP_DAMAGED. */
export function decodeIndexLine(json: string, lineNumber: number): IndexLine {
  const where = (): string => `line ${lineNumber}`;
  let field = "";
  const place = (): string => `${field} of line ${lineNumber}`;
  let value: unknown;
  try {
    value = decodeJson(json);
  } catch (cause) {
    throw new ArkError("ARK_BACKUP_DAMAGED", `the index cannot be read: ${where()} is not JSON`, {
      cause,
    });
  }
  const line = shape.record(value, where);
  const at = line["at"];
  if (!Array.isArray(at) || at.length !== 4) throw shape.fail(where, "has not four numbers in at");
  const text = (key: string, maxLength?: number): string => {
    field = key;
    return shape.text(line[key], place, maxLength);
  };
  const digest = (key: string): string => {
    field = key;
    return shape.sha256(line[key], place);
  };
  const count = (value: unknown): number => {
    field = "at";
    return shape.count(value, place);
  };
  return {
    resource: text("resource", 512),
    version: text("version", 512),
    kind: text("kind", 512),
    ...(line["namespace"] === undefined ? noNamespace : { namespace: text("namespace", 512) }),
    name: text("name"),
    uid: text("uid", 512),
    resourceVersion: text("resourceVersion", 512),
    sha256: digest("sha256"),
    normalSha256: digest("normalSha256"),
    at: [count(at[0]), count(at[1]), count(at[2]), count(at[3])],
  };
}

const noNamespace = {};

/**
 * Lines of the compressed index as they arrive, in archive order: those of one chunk at a time, each
 * decoded when it is asked for, which costs far less than a wait for each line. Memory stays at one
 * chunk and one line. Errors, also of the inner iteration: ARK_BACKUP_DAMAGED for what is not gzip,
 * not a line, over-long, cut short, or more than `maxLines`.
 */
export async function* decodeIndex(
  compressed: AsyncIterable<Uint8Array>,
  maxLines: number,
  signal: AbortSignal,
): AsyncGenerator<Iterable<IndexLine>> {
  let rest: Buffer = noBytes;
  let count = 0;
  function* linesOf(chunk: Buffer): Generator<IndexLine> {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const line = chunk.subarray(from, end);
      const text = (rest.length === 0 ? line : Buffer.concat([rest, line])).toString("utf8");
      rest = noBytes;
      from = end + 1;
      count += 1;
      if (count > maxLines) throw shape.fail("the file", `has more than ${maxLines} lines`);
      yield decodeIndexLine(text, count);
    }
    rest = Buffer.concat([rest, chunk.subarray(from)]);
    if (rest.length > maxLineBytes) throw shape.fail("a line", `exceeds ${maxLineBytes} bytes`);
  }
  for await (const chunk of inflateStream(compressed, "the index", signal)) yield linesOf(chunk);
  if (rest.length > 0) throw shape.fail("the last line", "has no newline: the file is cut short");
}

const noBytes = Buffer.alloc(0);
