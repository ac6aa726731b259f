import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotationViolations, labelViolations } from "../../../src/domain/metadata-checks.ts";

const long = (length: number) => "a".repeat(length);

describe("labelViolations()", () => {
  it("takes what the API server takes", () => {
    const labels = {
      app: "web",
      "example.io/Tier_1.x": "A.b-c_9",
      empty: "",
      [`${long(63)}.io/${long(63)}`]: long(63),
    };
    assert.deepEqual(labelViolations(labels), []);
  });

  it("names each key and value that it refuses", () => {
    for (const key of [
      "",
      "-a",
      "a-",
      "a b",
      "ä",
      "/a",
      "a/",
      "a/b/c",
      "Example.io/a",
      "a..b/c",
      long(64),
      `${long(254)}/a`,
    ]) {
      const found = labelViolations({ [key]: "x" });
      assert.equal(found.length, 1, key);
      assert.ok(found[0]?.startsWith(`label ${JSON.stringify(key)} is not allowed`), found[0]);
    }
    for (const value of ["a b", "-", ".a", "a/b", long(64), "ü"]) {
      assert.match(labelViolations({ app: value })[0] ?? "", /^label app: the value/, value);
    }
    assert.equal(labelViolations({ "a b": "c d" }).length, 2);
  });
});

describe("annotationViolations()", () => {
  it("takes any value, and a prefix with capitals", () => {
    const annotations = { note: "any text, ü\n", "Example.io/note": "" };
    assert.deepEqual(annotationViolations(annotations), []);
  });

  it("refuses keys as those of labels, and 256 KiB of text", () => {
    assert.match(annotationViolations({ "a b": "" })[0] ?? "", /^annotation "a b" is not allowed/);
    assert.deepEqual(annotationViolations({ n: long(256 * 1024 - 1) }), []);
    assert.match(annotationViolations({ n: long(256 * 1024) })[0] ?? "", /262145 bytes/);
  });
});
