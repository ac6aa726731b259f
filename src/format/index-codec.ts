import { ArkError } from "../lib/errors.ts";
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
export function decodeIndexLine(text: string, lineNumber: number): IndexLine {
  const where = (): string => `line ${lineNumber}`;
  const of = (field: string) => (): string => `${field} of line ${lineNumber}`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ArkError("ARK_BACKUP_DAMAGED", `the index cannot be read: ${where()} is not JSON`, {
      cause,
    });
  }
  const line = shape.record(value, where);
  const namespace = line["namespace"];
  const at = line["at"];
  if (!Array.isArray(at) || at.length !== 4) throw shape.fail(where, "has not four numbers in at");
  return {
    resource: shape.text(line["resource"], of("resource"), 512),
    version: shape.text(line["version"], of("version"), 512),
    kind: shape.text(line["kind"], of("kind"), 512),
    ...(namespace !== undefined && {
      namespace: shape.text(namespace, of("namespace"), 512),
    }),
    name: shape.text(line["name"], of("name")),
    uid: shape.text(line["uid"], of("uid"), 512),
    resourceVersion: shape.text(line["resourceVersion"], of("resourceVersion"), 512),
    sha256: shape.sha256(line["sha256"], of("sha256")),
    normalSha256: shape.sha256(line["normalSha256"], of("normalSha256")),
    at: [
      shape.count(at[0], of("at")),
      shape.count(at[1], of("at")),
      shape.count(at[2], of("at")),
      shape.count(at[3], of("at")),
    ],
  };
}

/**
 * Lines of the compressed index as they arrive, in archive order. Memory stays at one chunk and
 * one line. Errors: ARK_BACKUP_DAMAGED for what is not gzip, not a line, over-long, cut short,
 * or more than `maxLines`.
 */
export async function* decodeIndex(
  compressed: AsyncIterable<Uint8Array>,
  maxLines: number,
  signal: AbortSignal,
): AsyncGenerator<IndexLine> {
  let count = 0;
  for await (const text of linesOf(inflateStream(compressed, "the index", signal))) {
    count += 1;
    if (count > maxLines) throw shape.fail("the file", `has more than ${maxLines} lines`);
    yield decodeIndexLine(text, count);
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const line = chunk.subarray(from, end);
      yield (rest.length === 0 ? line : Buffer.concat([rest, line])).toString("utf8");
      rest = Buffer.alloc(0);
      from = end + 1;
    }
    rest = Buffer.concat([rest, chunk.subarray(from)]);
    if (rest.length > maxLineBytes) throw shape.fail("a line", `exceeds ${maxLineBytes} bytes`);
  }
  if (rest.length > 0) throw shape.fail("the last line", "has no newline: the file is cut short");
}
