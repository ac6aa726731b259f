import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { freeBuffer } from "../../../src/lib/free-buffer.ts";

describe("freeBuffer()", () => {
  it("gives the memory of a large buffer back at once", () => {
    const large = Buffer.allocUnsafeSlow(256 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    const view = large.subarray(5);
    freeBuffer(view);
    assert.deepEqual([large.length, view.length], [0, 0]);
    assert.ok(process.memoryUsage().arrayBuffers < before);
    freeBuffer(large);
  });

  it("leaves what small buffers share", () => {
    const [one, other] = [Buffer.from("one"), Buffer.from("other")];
    freeBuffer(one);
    assert.deepEqual([one.toString(), other.toString()], ["one", "other"]);
  });
});
