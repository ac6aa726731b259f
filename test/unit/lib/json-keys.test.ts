import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { hasEscapedKey } from "../../../src/lib/json-keys.ts";
import { decodeJson, parseJson, stringifyJson } from "../../../src/lib/json-text.ts";
import { spelled, valueText } from "../../support/arbitrary-json.ts";

/** Keys that V8 keeps, each with a spelling that V8 then takes for it, and what that one means. */
const mistaken = [
  { former: "\\", spelling: '\\"', key: '"' },
  { former: "\\", spelling: "\\n", key: "\n" },
  { former: "\\", spelling: "\\u0041", key: "A" },
  { former: "a\\", spelling: "a\\t", key: "a\t" },
  { former: "\\nb", spelling: "\\nbc", key: "\nbc" },
];

/** Makes V8 keep `former` as the key that follows a key of the name `first`. */
function meet(first: string, former: string): void {
  JSON.parse(`{${JSON.stringify(first)}:[],${JSON.stringify(former)}:0}`);
}

describe("decodeJson() and parseJson()", () => {
  it("read each escaped key, whatever backslashes stood in a former one", () => {
    let wrong = 0;
    for (const [index, { former, spelling, key }] of mistaken.entries()) {
      const first = `first-${index}`;
      meet(first, former);
      const text = `{"${first}":[],"${spelling}":0}`;
      assert.deepEqual(Object.keys(decodeJson(text) as object), [first, key]);
      assert.deepEqual(Object.keys(parseJson(text) as object), [first, key]);
      const exact = `{"${first}":[1.0],"${spelling}":-0}`;
      assert.equal(stringifyJson(parseJson(exact)), `{"${first}":[1.0],${JSON.stringify(key)}:-0}`);
      if (Object.keys(JSON.parse(text))[1] !== key) wrong += 1;
    }
    // When this fails, Node has mended nodejs/node issue 63785: src/lib/json-keys.ts may go.
    assert.notEqual(wrong, 0, "JSON.parse of this Node reads every one of these keys");
  });

  it("read what a writer of JSON wrote, keys of every kind included", () => {
    const keys = fc.string({ unit: "binary", maxLength: 4 });
    const odd = fc.constantFrom("\\", '"', '\\"', "a\\", "\\n", "\n", "__proto__", "7", "\ud800");
    const members = fc.array(fc.tuple(fc.oneof(odd, keys), valueText), { maxLength: 5 });
    fc.assert(
      fc.property(members, fc.nat({ max: 2 }), (pairs, every) => {
        const text = `{${pairs.map(([key, value]) => `${spelled(key, every)}: ${value}`).join(", ")}}`;
        const expected = new Map(pairs);
        const read = decodeJson(text) as Record<string, unknown>;
        assert.deepEqual(new Set(Object.keys(read)), new Set(expected.keys()));
        for (const [key, value] of expected) assert.deepEqual(read[key], decodeJson(value));
      }),
    );
  });

  it("take the last of equal keys, however each is spelled", () => {
    const text = '{"A\\n":[1],"\\u0041\\n":{"b":[]},"\\u005f_proto__":{"c":1}}';
    const read = decodeJson(text) as Record<string, unknown>;
    assert.deepEqual(Object.entries(read), [
      ["A\n", { b: [] }],
      ["__proto__", { c: 1 }],
    ]);
    assert.equal(Object.getPrototypeOf(read), Object.prototype);
  });

  it("read a value nested deeper than the stack is", () => {
    const depth = 100_000;
    const text = `${'{"\\n":['.repeat(depth)}0${"]}".repeat(depth)}`;
    let value = decodeJson(text);
    let met = 0;
    for (; typeof value === "object"; met += 1)
      value = (value as Record<string, unknown[]>)["\n"]?.[0];
    assert.equal(met, depth);
  });

  it("throw a SyntaxError for a broken text that has escaped keys", () => {
    for (const text of ['{"\\n":1', '{"\\n" 1}', '{"\\n":1}}', '{"\\x":1}', '{"\\n":1.}']) {
      assert.throws(() => decodeJson(text), SyntaxError, text);
      assert.throws(() => parseJson(text), SyntaxError, text);
    }
  });
});

describe("hasEscapedKey()", () => {
  it("is true where a key is spelled with an escape, at any depth", () => {
    for (const text of ['{"\\n":1}', '{"a":"\\\\","b\\"" :1}', '[{"a":[{"\\u0041"\n:[]}]}]']) {
      assert.equal(hasEscapedKey(text), true, text);
    }
  });

  it("is false where escapes stand in values alone, also such as look like keys", () => {
    const embedded = JSON.stringify({ a: JSON.stringify({ '"': 1, "\\": JSON.stringify("\\") }) });
    for (const text of ["{}", '["\\n","\\\\"]', '{"a":"\\"b\\":1"}', embedded, '"\\":"']) {
      assert.equal(hasEscapedKey(text), false, text);
    }
  });
});
