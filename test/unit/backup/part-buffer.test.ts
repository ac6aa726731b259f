import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createPartBuffer } from "../../../src/backup/part-buffer.ts";

describe("createPartBuffer()", () => {
  it("gives back each part's bytes in order, whatever the pieces, with memory used again", () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), fc.boolean(), (parts, returned) => {
        const buffer = createPartBuffer(64);
        for (const part of parts) {
          for (const piece of part) buffer.add(piece);
          const wanted = Buffer.concat(part);
          assert.equal(buffer.sizeBytes, wanted.length);
          const taken = buffer.take();
          assert.deepEqual(taken, wanted);
          assert.equal(buffer.sizeBytes, 0);
          if (returned) buffer.giveBack(taken);
        }
      }),
    );
  });

  it("leaves a part alone that was not given back", () => {
    const buffer = createPartBuffer(64);
    buffer.add(Buffer.from("first"));
    const first = buffer.take();
    buffer.add(Buffer.from("second"));
    buffer.giveBack(buffer.take());
    buffer.add(Buffer.from("third"));
    assert.equal(first.toString(), "first");
  });

  it("grows for a piece that is larger than a part", () => {
    const buffer = createPartBuffer(64);
    const huge = Buffer.alloc(3 * 1024 * 1024, 7);
    buffer.add(Buffer.from("x"));
    buffer.add(huge);
    assert.deepEqual(buffer.take(), Buffer.concat([Buffer.from("x"), huge]));
  });
});
