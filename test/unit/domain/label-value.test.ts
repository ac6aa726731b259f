import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { labelValue } from "../../../src/domain/label-value.ts";

describe("labelValue()", () => {
  it("shortens a long name as Velero does: 57 characters and 6 digits of its hash", () => {
    assert.equal(labelValue("short"), "short");
    const long = labelValue("x".repeat(64));
    assert.equal(long.length, 63);
    assert.match(long, /^x{57}[0-9a-f]{6}$/);
  });
});
