import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { hasCode } from "../../../src/lib/errors.ts";
import {
  decodeString,
  incomplete,
  skipString,
  skipValue,
  stringEquals,
} from "../../../src/lib/json-scan.ts";
import { anyText, spelled, valueText } from "../../support/arbitrary-json.ts";

describe("skipValue()", () => {
  it("finds the end of any value, whatever follows it", () => {
    fc.assert(
      fc.property(valueText, fc.constantFrom(",", "]", "}", " ", "\n"), (text, after) => {
        const bytes = Buffer.from(`${text}${after}{"`);
        assert.equal(skipValue(bytes, 0, bytes.length, 0), Buffer.byteLength(text));
      }),
    );
  });

  it("answers incomplete for every value that is cut", () => {
    fc.assert(
      fc.property(valueText, fc.nat(), (text, at) => {
        const bytes = Buffer.from(text);
        const end = at % bytes.length;
        const found = skipValue(bytes, 0, end, 0);
        // A number cut short may end in a digit: it is incomplete as its next digit may come.
        assert.equal(found, incomplete);
      }),
    );
  });

  it("does not look past the end it was given", () => {
    const bytes = Buffer.from(`"${"x".repeat(100)}"`);
    assert.equal(skipValue(bytes, 0, 50, 0), incomplete);
    assert.equal(skipValue(bytes, 0, 101, 0), incomplete);
    assert.equal(skipValue(bytes, 0, 102, 0), 102);
  });
});

describe("skipString()", () => {
  it("finds the closing quote behind any number of backslashes, short and long", () => {
    fc.assert(
      fc.property(fc.nat({ max: 120 }), fc.nat({ max: 9 }), (length, slashes) => {
        const content = `${"x".repeat(length)}${"\\\\".repeat(slashes)}\\"${"y".repeat(length)}`;
        const bytes = Buffer.from(`${content}","next"`);
        assert.equal(skipString(bytes, 0, bytes.length), content.length + 1);
      }),
    );
  });
});

describe("decodeString()", () => {
  it("reads back every spelling of a text", () => {
    fc.assert(
      fc.property(anyText, fc.nat({ max: 3 }), (text, escapeEvery) => {
        const bytes = Buffer.from(spelled(text, escapeEvery));
        assert.equal(decodeString(bytes, 1, bytes.length - 1), text);
      }),
    );
  });

  it("rejects escapes that JSON does not know", () => {
    for (const content of ["\\x", "\\u12", "\\"]) {
      const bytes = Buffer.from(content);
      assert.throws(
        () => decodeString(bytes, 0, bytes.length),
        (error) => hasCode(error, "ARK_JSON_INVALID"),
      );
    }
  });
});

describe("stringEquals()", () => {
  it("compares the whole content", () => {
    const bytes = Buffer.from("xstatusy");
    assert.equal(stringEquals(bytes, 1, 7, "status"), true);
    assert.equal(stringEquals(bytes, 1, 8, "status"), false);
    assert.equal(stringEquals(bytes, 0, 6, "status"), false);
  });
});
