import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { createFingerprintTable } from "../../../src/lib/fingerprint-table.ts";

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("createFingerprintTable()", () => {
  it("answers as a map of whole values does, through growth", () => {
    const table = createFingerprintTable();
    const model = new Map<string, string>();
    for (let at = 0; at < 10_000; at++) {
      table.put(`name-${at}`, digestOf(`v${at}`));
      model.set(`name-${at}`, digestOf(`v${at}`));
    }
    assert.equal(table.size, model.size);
    const counts = { absent: 0, same: 0, different: 0 };
    for (let at = 5_000; at < 15_000; at++) {
      const value = digestOf(at % 3 === 0 ? "other" : `v${at}`);
      const known = model.get(`name-${at}`);
      const expected = known === undefined ? "absent" : known === value ? "same" : "different";
      assert.equal(table.take(`name-${at}`, value), expected, `name-${at}`);
      counts[expected] += 1;
    }
    assert.deepEqual(counts, { absent: 5_000, same: 3_333, different: 1_667 });
    assert.equal(table.size, 5_000);
    assert.deepEqual(
      [table.has("name-4999"), table.has("name-5000"), table.has("x")],
      [true, false, false],
    );
  });

  it("takes an entry once", () => {
    const table = createFingerprintTable();
    table.put("a", "0".repeat(64));
    assert.equal(table.take("a", "0".repeat(64)), "same");
    assert.equal(table.take("a", "0".repeat(64)), "absent");
  });

  it("keeps the first value of a name, and the mark of its sort", () => {
    const table = createFingerprintTable();
    assert.deepEqual(
      [table.put("a", digestOf("one"), true), table.put("a", digestOf("two"))],
      [true, false],
    );
    table.put("b", digestOf("one"));
    const asked: boolean[] = [];
    const ask = (mark: boolean): string => {
      asked.push(mark);
      return digestOf("one");
    };
    assert.deepEqual(
      ["a", "b", "c"].map((name) => table.takeBy(name, ask)),
      ["same", "same", "absent"],
    );
    assert.deepEqual(asked, [true, false]);
    assert.equal(table.size, 0);
  });
});
