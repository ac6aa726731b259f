import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { changeEach, textAt, valueAt, without, withValue } from "../../../src/lib/json-edit.ts";
import { equalJson } from "../../../src/lib/json-equal.ts";
import { type JsonObject, parseJson, stringifyJson } from "../../../src/lib/json-text.ts";
import { mergePatch } from "../../../src/lib/merge-patch.ts";

const object = (text: string): JsonObject => parseJson(text) as JsonObject;

describe("json-edit", () => {
  it("without() answers the same object when nothing is there", () => {
    const given = object('{"a":{"b":1}}');
    for (const path of [["x"], ["a", "x"], ["a", "b", "c"], ["toString"]]) {
      assert.equal(without(given, path), given);
    }
  });

  it("without() and withValue() keep all other members, also __proto__", () => {
    const given = object('{"__proto__":{"x":1.0},"a":{"b":1,"c":2}}');
    assert.equal(stringifyJson(without(given, ["a", "b"])), '{"__proto__":{"x":1.0},"a":{"c":2}}');
    const changed = withValue(given, ["a", "d", "e"], true);
    assert.equal(
      stringifyJson(changed),
      '{"__proto__":{"x":1.0},"a":{"b":1,"c":2,"d":{"e":true}}}',
    );
    assert.equal(stringifyJson(withValue({}, ["__proto__", "x"], 1)), '{"__proto__":{"x":1}}');
  });

  it("valueAt() sees own members only", () => {
    assert.equal(valueAt(object("{}"), ["constructor"]), undefined);
    assert.equal(textAt(object('{"a":[1]}'), ["a", "0"]), "");
  });

  it("changeEach() changes objects and leaves other elements", () => {
    const given = object('{"l":[{"a":1},"x",null]}');
    const marked = changeEach(given, ["l"], (one) => withValue(one, ["b"], 2));
    assert.equal(stringifyJson(marked), '{"l":[{"a":1,"b":2},"x",null]}');
  });
});

describe("equalJson()", () => {
  const cases: readonly [string, string, boolean][] = [
    ['{"a":1,"b":2}', '{"b":2,"a":1}', true],
    ['{"a":null}', "{}", true],
    ["[1]", "[1,null]", false],
    ["[1,2]", "[2,1]", false],
    ["1.0", "1", true],
    ["1e3", "1000", true],
    ["100", "1e2", true],
    ["0.10", "0.1", true],
    ["-0", "0", true],
    ["-1.0", "1", false],
    ["9007199254740993", "9007199254740992", false],
    ["9007199254740993", "9007199254740993.0", true],
    ["1", '"1"', false],
    ["{}", "[]", false],
    ['{"__proto__":1}', "{}", false],
  ];
  for (const [a, b, equal] of cases) {
    it(`says ${equal} for ${a} and ${b}, both ways`, () => {
      assert.equal(equalJson(parseJson(a), parseJson(b)), equal);
      assert.equal(equalJson(parseJson(b), parseJson(a)), equal);
    });
  }
});

describe("mergePatch()", () => {
  const cases: readonly [string, string, string | undefined][] = [
    ['{"a":1}', '{"a":1.0}', undefined],
    ['{"a":1,"b":2}', '{"b":3}', '{"a":null,"b":3}'],
    ['{"a":{"b":1,"c":2}}', '{"a":{"b":1}}', '{"a":{"c":null}}'],
    ['{"a":[1,2]}', '{"a":[2]}', '{"a":[2]}'],
    ["{}", '{"a":{"n":9007199254740993}}', '{"a":{"n":9007199254740993}}'],
    ['{"a":"x"}', '{"a":{"b":1}}', '{"a":{"b":1}}'],
    ['{"a":1}', '{"a":null}', '{"a":null}'],
    ["{}", '{"a":null}', undefined],
  ];
  for (const [from, to, patch] of cases) {
    it(`of ${from} and ${to} is ${patch ?? "none"}`, () => {
      const found = mergePatch(object(from), object(to));
      assert.equal(found === undefined ? undefined : stringifyJson(found), patch);
    });
  }
});
