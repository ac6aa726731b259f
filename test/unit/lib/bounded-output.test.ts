import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createOutputCollector, lastLines } from "../../../src/lib/bounded-output.ts";

const collect = (chunks: readonly string[]) => {
  const collector = createOutputCollector();
  for (const chunk of chunks) collector.add(Buffer.from(chunk));
  return collector.finish();
};

describe("bounded output", () => {
  it("is whole while it is short", () => {
    const chunks = ["a\n", "b\n".repeat(5000), "end"];
    assert.deepEqual(collect(chunks), {
      head: chunks.join(""),
      tail: "",
      omittedBytes: 0,
      omittedLines: 0,
    });
  });

  it("however it is cut: beginning and end are those of the text, and nothing is miscounted", () => {
    const sizes = fc.array(fc.nat({ max: 30_000 }), { maxLength: 6 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const chunks = lengths.map((length, at) =>
          Array.from({ length }, (_, i) => (i % 7 === at ? "\n" : "x")).join(""),
        );
        const text = chunks.join("");
        const { head, tail, omittedBytes, omittedLines } = collect(chunks);
        assert.equal(head.length + tail.length + omittedBytes, text.length);
        assert.ok(text.startsWith(head));
        assert.ok(text.endsWith(tail));
        const omitted = text.slice(head.length, head.length + omittedBytes);
        assert.equal(omittedLines, omitted.split("\n").length - 1);
        assert.ok(head.length <= 24 * 1024 && tail.length <= 8 * 1024);
      }),
    );
  });

  it("its last lines carry nothing that a terminal acts on", () => {
    const output = collect(["one\n\n\u001b[31mtwo\u0007\r\nthree", "x".repeat(10), "\n"]);
    assert.deepEqual(lastLines(output, 2, 8), ["[31mtwo", "threexxx…"]);
  });
});
