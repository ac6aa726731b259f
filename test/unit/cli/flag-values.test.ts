import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { splitCommaList } from "../../../src/cli/comma-list.ts";
import type { FlagKind, FlagSpec } from "../../../src/cli/flag-spec.ts";
import { addFlagValue } from "../../../src/cli/flag-values.ts";
import { parseGoDuration } from "../../../src/cli/go-duration.ts";
import { hasCode } from "../../../src/lib/errors.ts";
import { formatGoDuration } from "../../../src/lib/go-duration.ts";

const flag = (kind: FlagKind, choices?: readonly string[]): FlagSpec => ({
  name: "it",
  kind,
  help: "",
  ...(choices !== undefined && { choices }),
});
const usage = (pattern: RegExp) => (error: unknown) => {
  assert.ok(hasCode(error, "ARK_USAGE"));
  assert.match(error.message, pattern);
  return true;
};

describe("addFlagValue()", () => {
  it("adds up lists from repeats and commas", () => {
    const first = addFlagValue(flag("list"), "a, b", undefined);
    assert.deepEqual(addFlagValue(flag("list"), "c", first), ["a", "b", "c"]);
  });

  it("refuses lists and maps that are empty or have an empty item, as of an unset variable", () => {
    const include = { ...flag("list"), name: "include-namespaces" };
    for (const raw of ["", " ", ",", "a,", ",a", "a,,b", '""', 'a,""']) {
      for (const kind of ["list", "map", "pairs"] as const) {
        assert.throws(
          () => addFlagValue(flag(kind), raw.replaceAll("a", "a=b:c"), undefined),
          usage(/--it .*empty/),
          `${kind} ${raw}`,
        );
      }
      assert.throws(
        () => addFlagValue(include, raw, undefined),
        (error) =>
          hasCode(error, "ARK_USAGE") &&
          /--include-namespaces/.test(error.message) &&
          /would mean everything; leave the flag out/.test(error.advice ?? ""),
      );
    }
  });

  it("adds up maps, with commas in quoted pairs and = in values", () => {
    const first = addFlagValue(flag("map"), 'a=1,"b=x,y"', undefined);
    assert.deepEqual(addFlagValue(flag("map"), "c=d=e,f=", first), {
      a: "1",
      b: "x,y",
      c: "d=e",
      f: "",
    });
  });

  it("reads pairs with colons", () => {
    assert.deepEqual(addFlagValue(flag("pairs"), "a:b,c:d", undefined), { a: "b", c: "d" });
    assert.throws(() => addFlagValue(flag("pairs"), "a=b", undefined), usage(/a:b/));
    assert.throws(() => addFlagValue(flag("pairs"), "a:", undefined), usage(/a:b/));
  });

  it("reads what Go takes for true and false, and nothing else", () => {
    for (const word of ["true", "T", "1"]) {
      assert.equal(addFlagValue(flag("boolean"), word, undefined), true);
    }
    for (const word of ["false", "F", "0"]) {
      assert.equal(addFlagValue(flag("boolean"), word, undefined), false);
    }
    assert.throws(() => addFlagValue(flag("boolean"), "maybe", undefined), usage(/true or false/));
  });

  it("refuses two different values of one flag, and takes the same one twice", () => {
    assert.equal(addFlagValue(flag("text"), "a", "a"), "a");
    assert.throws(() => addFlagValue(flag("text"), "b", "a"), usage(/twice, as a and as b/));
    assert.throws(() => addFlagValue(flag("boolean"), "false", true), usage(/twice/));
    assert.throws(() => addFlagValue(flag("map"), "a=2", { a: "1" }), usage(/gives a twice/));
  });

  it("names the choices", () => {
    assert.throws(
      () => addFlagValue(flag("choice", ["a", "b", "c"]), "d", undefined),
      usage(/a, b or c/),
    );
  });

  it("keeps a duration's text and refuses what Go would", () => {
    assert.equal(addFlagValue(flag("duration"), "720h0m0s", undefined), "720h0m0s");
    for (const text of ["30d", "1", "h", "1.h5", "", "1h "]) {
      assert.throws(() => addFlagValue(flag("duration"), text, undefined), usage(/not a duration/));
    }
  });

  it("refuses an empty value", () => {
    assert.throws(() => addFlagValue(flag("text"), "", undefined), usage(/empty/));
  });
});

describe("splitCommaList()", () => {
  it("gives back what was quoted as CSV does", () => {
    const fields = fc.array(fc.string({ minLength: 1 }), { minLength: 1 });
    fc.assert(
      fc.property(fields, (values) => {
        const text = values.map((value) => `"${value.replaceAll('"', '""')}"`).join(",");
        assert.deepEqual(splitCommaList(text, "--it"), values);
      }),
    );
  });

  it("names a quote that is not closed, and text after a closed one", () => {
    assert.throws(() => splitCommaList('a,"b', "--it"), usage(/not closed/));
    assert.throws(() => splitCommaList('"a"b', "--it"), usage(/comma must follow/));
  });
});

describe("parseGoDuration() and formatGoDuration()", () => {
  for (const [text, ms] of [
    ["720h0m0s", 2_592_000_000],
    ["1.5h", 5_400_000],
    ["90m", 5_400_000],
    ["1h30m", 5_400_000],
    ["-5m", -300_000],
    ["250ms", 250],
    ["0", 0],
    [".5s", 500],
    ["1µs", 0.001],
  ] as const) {
    it(`${text} is ${ms} ms`, () => assert.equal(parseGoDuration(text, "--it"), ms));
  }

  it("write what they read", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => {
        assert.equal(parseGoDuration(formatGoDuration(ms), "--it"), ms);
      }),
    );
  });

  it("write as Go does", () => {
    assert.equal(formatGoDuration(2_592_000_000), "720h0m0s");
    assert.equal(formatGoDuration(90_000), "1m30s");
    assert.equal(formatGoDuration(1_500), "1.5s");
  });
});
