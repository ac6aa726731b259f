import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { jsonPieces } from "../../../src/lib/json-pieces.ts";

async function* inChunks(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, size = 64, maxBytes = 1_000): Promise<readonly string[]> {
  const pieces: string[] = [];
  for await (const { key, text: piece } of jsonPieces(inChunks(text, size), "items", maxBytes)) {
    pieces.push(`${key}=${JSON.stringify(JSON.parse(piece))}`);
  }
  return pieces;
}

describe("the pieces of a JSON object", () => {
  const value = { a: 1, 'k"é': [1, { b: "]}," }], items: [{ x: [1] }, "two", 3], z: null };
  const pieces = [
    "a=1",
    'k"é=[1,{"b":"]},"}]',
    'items={"x":[1]}',
    'items="two"',
    "items=3",
    "z=null",
  ];

  it("come whatever the layout, and however the text is cut", async () => {
    for (const indent of [0, 1, 2, "\t"]) {
      for (const size of [1, 2, 3, 7, 10_000]) {
        assert.deepEqual(
          await read(`\n${JSON.stringify(value, undefined, indent)}\n`, size),
          pieces,
        );
      }
    }
  });

  it("are none of an empty object or list, and one of what is no list", async () => {
    assert.deepEqual(await read(" { } "), []);
    assert.deepEqual(await read('{"items": [ ], "a": 1}'), ["a=1"]);
    assert.deepEqual(await read('{"items": {"a": 1}}'), ['items={"a":1}']);
  });

  it("are refused where the text is no object, cut off, or goes on after its end", async () => {
    const broken = [
      "",
      "[1]",
      '{"a":1',
      '{"a" 1}',
      '{"a":1,}',
      '{"items":[1,]}',
      '{"items":[1}',
      "{} {}",
      '{"a":tru}',
    ];
    for (const text of broken) {
      await assert.rejects(read(text, 3), { code: "ARK_JSON_INVALID" }, text);
    }
  });

  it("are bounded one by one, and not all together", async () => {
    const items = Array.from({ length: 200 }, () => "x".repeat(20));
    assert.equal((await read(JSON.stringify({ items }), 16, 100)).length, 200);
    await assert.rejects(read(JSON.stringify({ a: "x".repeat(500) }), 16, 100), {
      code: "ARK_JSON_INVALID",
    });
  });
});
