import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { byKey, type Json, parseJson, writeJson } from "../../../support/api-server/json.ts";
import { jsonPatch, mergePatch, PatchRefused } from "../../../support/api-server/json-patch.ts";

const inOrder = () => undefined;

describe("json", () => {
  it("writeJson() gives numbers back as they were written", () => {
    const source = '{"a":1.50,"b":9007199254740993,"c":1e3,"d":-0,"e":[0.10,12]}';
    assert.equal(writeJson(parseJson(source), inOrder), source);
  });

  it("writeJson() escapes what Go escapes", () => {
    assert.equal(writeJson("<&>\u2028é", inOrder), '"\\u003c\\u0026\\u003e\\u2028é"');
  });

  it("writeJson() sorts keys as bytes, digits included", () => {
    assert.equal(writeJson({ b: 1, "10": 1, "2": 1, B: 1 }, byKey), '{"10":1,"2":1,"B":1,"b":1}');
  });

  it("writeJson() and parseJson() lose nothing", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const again = JSON.parse(writeJson(parseJson(JSON.stringify(value)), inOrder));
        assert.deepEqual(again, JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("json patches", () => {
  it("mergePatch() merges objects, replaces lists and removes by null", () => {
    const target = { a: { b: 1, c: 2 }, d: [1, 2], e: 1 };
    const patch = { a: { c: null, x: {} }, d: [3], f: { g: null, h: 1 } };
    const merged = { a: { b: 1, x: {} }, d: [3], e: 1, f: { h: 1 } };
    assert.deepEqual(mergePatch(target, patch), merged);
  });

  const cases: readonly (readonly [title: string, operations: Json, after: Json])[] = [
    ["adds into a list", [{ op: "add", path: "/l/1", value: 9 }], { l: [1, 9, 2], o: { k: 1 } }],
    ["appends to a list", [{ op: "add", path: "/l/-", value: 9 }], { l: [1, 2, 9], o: { k: 1 } }],
    ["removes from a list", [{ op: "remove", path: "/l/0" }], { l: [2], o: { k: 1 } }],
    ["replaces deep down", [{ op: "replace", path: "/o/k", value: 2 }], { l: [1, 2], o: { k: 2 } }],
    ["moves", [{ op: "move", from: "/o/k", path: "/m" }], { l: [1, 2], o: {}, m: 1 }],
    ["copies", [{ op: "copy", from: "/l/0", path: "/m" }], { l: [1, 2], o: { k: 1 }, m: 1 }],
    ["replaces the whole", [{ op: "replace", path: "", value: { n: 1 } }], { n: 1 }],
    [
      "reads escapes",
      [{ op: "add", path: "/o/a~1b~0c", value: 1 }],
      { l: [1, 2], o: { k: 1, "a/b~c": 1 } },
    ],
  ];
  for (const [title, operations, after] of cases) {
    it(`jsonPatch() ${title}`, () => {
      assert.deepEqual(jsonPatch({ l: [1, 2], o: { k: 1 } }, operations), after);
    });
  }

  it("jsonPatch() refuses what does not fit", () => {
    for (const operation of [
      { op: "remove", path: "/none" },
      { op: "replace", path: "/none", value: 1 },
      { op: "add", path: "/l/7", value: 1 },
      { op: "add", path: "/none/deep", value: 1 },
      { op: "test", path: "/l/0", value: 2 },
      { op: "fly", path: "/l" },
      { op: "remove", path: "l" },
    ]) {
      assert.throws(
        () => jsonPatch({ l: [1] }, [operation]),
        PatchRefused,
        JSON.stringify(operation),
      );
    }
  });
});
