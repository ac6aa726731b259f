import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createTextBuffer } from "../../../src/lib/text-buffer.ts";

describe("createTextBuffer()", () => {
  it("answers all that was appended since the last time, through growth and reuse", () => {
    const pieces = fc.array(fc.string({ unit: "binary", maxLength: 3000 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 5 }), (rounds) => {
        const buffer = createTextBuffer();
        for (const round of rounds) {
          for (const piece of round) buffer.append(piece);
          const whole = round.join("");
          assert.equal(buffer.chars, whole.length);
          const taken = buffer.take();
          const bytes = round.map((piece) => Buffer.from(piece));
          assert.deepEqual(Buffer.from(taken), Buffer.concat(bytes));
          assert.equal(buffer.chars, 0);
          buffer.reuse(taken);
        }
      }),
    );
  });

  it("does not touch what it has given away", () => {
    const buffer = createTextBuffer();
    buffer.append("one");
    const taken = buffer.take();
    buffer.append("two");
    assert.equal(`${taken} ${buffer.take()}`, "one two");
  });
});
