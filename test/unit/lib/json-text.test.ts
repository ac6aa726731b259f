import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isRawNumber, parseJson, stringifyJson } from "../../../src/lib/json-text.ts";

const numberTexts = [
  ...["0", "-0", "1.0", "1e3", "1E+3", "0.10", "9007199254740993", "-9007199254740993"],
  ...["123456789012345678901234567890", "1e400", "2.5", "-1", "999999999999999"],
];
const number = fc.constantFrom(...numberTexts);
const key = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom("__proto__", "constructor", "7", "007", "toString", "a:1.0"),
);

/** JSON text whose keys come in the order in which JavaScript keeps them. */
const jsonText = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    number,
    fc.constantFrom("null", "true", "false"),
    fc.oneof(fc.string(), fc.constantFrom("x: 1.0", "[-0,")).map((text) => JSON.stringify(text)),
    fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
    fc.uniqueArray(fc.tuple(key, tie("value")), { maxLength: 4, selector: ([name]) => name }).map(
      (members) =>
        `{${ordered(members)
          .map(([k, v]) => `${JSON.stringify(k)}:${v}`)
          .join(",")}}`,
    ),
  ),
})).value;

function ordered(members: [string, string][]): [string, string][] {
  const isIndex = ([name]: [string, string]) => /^(?:0|[1-9]\d*)$/.test(name);
  const byNumber = members.filter(isIndex).sort(([a], [b]) => Number(a) - Number(b));
  return [...byNumber, ...members.filter((member) => !isIndex(member))];
}

describe("parseJson() and stringifyJson()", () => {
  it("give any text back as it was", () => {
    fc.assert(fc.property(jsonText, (text) => stringifyJson(parseJson(text)) === text));
  });

  it("keep the text of a number inside every kind of nesting", () => {
    for (const text of numberTexts) {
      for (const whole of [text, `[${text}]`, `{"a":${text}}`, `{"a":[0,{"b":${text}}]}`]) {
        assert.equal(stringifyJson(parseJson(whole)), whole);
      }
    }
  });

  it("keep plain numbers as numbers, so that code can reckon with them", () => {
    assert.ok(Array.isArray(parseJson("[30080,1.0]")));
    const [plain, kept] = parseJson("[30080,1.0]") as never[];
    assert.equal(plain, 30080);
    assert.equal(isRawNumber(kept), true);
  });

  it("keep a key __proto__ as an own property and leave prototypes alone", () => {
    const value = parseJson('{"__proto__":{"polluted":1.0}}') as Record<string, unknown>;
    assert.deepEqual(Object.keys(value), ["__proto__"]);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    assert.equal(stringifyJson(value as never), '{"__proto__":{"polluted":1.0}}');
  });

  it("take the last of equal keys", () => {
    assert.equal(stringifyJson(parseJson('{"a":1.0,"a":2.0}')), '{"a":2.0}');
  });

  it("throw for what is not JSON", () => {
    for (const text of ["", "{", "01", "1.", "[1.0", "nul"]) {
      assert.throws(() => parseJson(text), SyntaxError, text);
    }
  });
});
