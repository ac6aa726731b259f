import {
  decodeString,
  incomplete,
  malformedJson,
  skipColon,
  skipSpace,
  skipValue,
} from "./json-scan.ts";

const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const quote = 0x22;

/** A member of an object, or one element of a list that is read piece by piece. */
export interface JsonPiece {
  readonly key: string;
  readonly text: string;
}

/**
 * The members of one JSON object, in their order and however it is laid out; of the list `listKey`,
 * where it is one, each element by itself. Memory is one piece. Errors: ARK_JSON_INVALID, also for a
 * piece of more than `maxBytes`; those of `chunks`.
 */
export async function* jsonPieces(
  chunks: AsyncIterable<Buffer>,
  listKey: string,
  maxBytes: number,
): AsyncGenerator<JsonPiece> {
  const text = createWindow(chunks, maxBytes);
  await text.expect(openBrace, "an object");
  if ((await text.byte()) === closeBrace) text.skip();
  else {
    do {
      const key = await text.key();
      if (key === listKey && (await text.byte()) === openBracket) yield* elements(text, key);
      else yield { key, text: await text.value() };
    } while (await text.goesOn(closeBrace));
  }
  if ((await text.byte()) !== undefined) throw text.malformed("the end");
}

async function* elements(text: Window, key: string): AsyncGenerator<JsonPiece> {
  text.skip();
  if ((await text.byte()) === closeBracket) {
    text.skip();
    return;
  }
  do yield { key, text: await text.value() };
  while (await text.goesOn(closeBracket));
}

type Window = ReturnType<typeof createWindow>;

/** What has been read and not been passed over yet. */
function createWindow(chunks: AsyncIterable<Buffer>, maxBytes: number) {
  const source = chunks[Symbol.asyncIterator]();
  let bytes: Buffer = Buffer.alloc(0);
  let at = 0;
  let passed = 0;
  /** False at the end. Twice as much as there is, so that a long piece is not scanned over and over. */
  const more = async (): Promise<boolean> => {
    const parts = [bytes.subarray(at)];
    const had = bytes.length - at;
    if (had > maxBytes) throw malformedJson(passed + at, `at most ${maxBytes} bytes`);
    passed += at;
    at = 0;
    let got = 0;
    while (got <= had) {
      const { done, value } = await source.next();
      if (done === true) break;
      parts.push(value);
      got += value.length;
    }
    bytes = Buffer.concat(parts);
    return got > 0;
  };
  /** Reads on until `scan` finds where something ends. */
  const scanned = async (scan: () => number, expected: string): Promise<number> => {
    for (;;) {
      const end = scan();
      if (end !== incomplete) return end;
      if (!(await more())) throw malformedJson(passed + bytes.length, expected);
    }
  };
  const window = {
    malformed: (expected: string) => malformedJson(passed + at, expected),
    /** The next byte that is not white space; undefined at the end. */
    async byte(): Promise<number | undefined> {
      for (;;) {
        at = skipSpace(bytes, at, bytes.length);
        if (at < bytes.length) return bytes[at];
        if (!(await more())) return undefined;
      }
    },
    skip(): void {
      at += 1;
    },
    async expect(byte: number, expected: string): Promise<void> {
      if ((await window.byte()) !== byte) throw window.malformed(expected);
      at += 1;
    },
    async value(): Promise<string> {
      await window.byte();
      const end = await scanned(() => skipValue(bytes, at, bytes.length, 1), "a value");
      const text = bytes.toString("utf8", at, end);
      at = end;
      return text;
    },
    async key(): Promise<string> {
      if ((await window.byte()) !== quote) throw window.malformed("a key in quotes");
      const end = await scanned(() => skipValue(bytes, at, bytes.length, 1), "a key in quotes");
      const key = decodeString(bytes, at + 1, end - 1);
      at = end;
      at = await scanned(() => skipColon(bytes, at, bytes.length), "a colon");
      return key;
    },
    /** Whether another piece follows; false: `close` ended them. */
    async goesOn(close: number): Promise<boolean> {
      const byte = await window.byte();
      if (byte !== comma && byte !== close) throw window.malformed("a comma or the end");
      at += 1;
      return byte === comma;
    },
  };
  return window;
}
