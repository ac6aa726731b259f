import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { misshapen } from "../../../src/api/misshapen.ts";
import {
  anything,
  count,
  flag,
  listOf,
  record,
  required,
  text,
  textMap,
  texts,
} from "../../../src/api/schema.ts";

const schema = record(
  {
    name: required(text("name")),
    words: texts("words"),
    labels: textMap("labels"),
    wait: flag("wait"),
    size: count("size"),
    raw: listOf(anything("one"), "raw"),
    inner: record({ deep: text("deep") }, "inner"),
  },
  "test",
);

describe("misshapen()", () => {
  const cases: readonly (readonly [string, unknown, readonly string[]])[] = [
    ["nothing", undefined, ["x must be a map"]],
    ["null", null, ["x must be a map"]],
    ["a list", [], ["x must be a map"]],
    ["an empty map, as what is required is checked elsewhere", {}, []],
    [
      "all fields",
      {
        ...{ name: "a", words: ["b"], labels: { c: "d" }, wait: true, size: -1 },
        ...{ raw: [{ any: [1] }], inner: { deep: "" } },
      },
      [],
    ],
    [
      "everything wrong",
      { name: 1, words: "b", labels: { c: 1 }, wait: "yes", size: 1.5, raw: [1], inner: [] },
      [
        "x.name must be a text",
        "x.words must be a list",
        "x.labels.c must be a text",
        "x.wait must be true or false",
        "x.size must be a whole number",
        "x.raw[0] must be a map",
        "x.inner must be a map",
      ],
    ],
    ["an unknown field", { inner: { depth: 1 } }, ["x.inner.depth is unknown; known are deep"]],
    [
      "a key of Object's",
      { inner: { toString: "x" } },
      ["x.inner.toString is unknown; known are deep"],
    ],
  ];
  for (const [what, value, expected] of cases) {
    it(`judges ${what}`, () => assert.deepEqual(misshapen(value, schema, "x"), expected));
  }
});
