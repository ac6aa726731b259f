import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createProgressLine, type ProgressLine } from "../../../../src/cli/render/progress-line.ts";
import { backupProgress, restoreProgress } from "../../../../src/cli/render/run-progress.ts";
import { type FakeSink, fakeSink } from "../fake-environment.ts";

interface Bench {
  readonly sink: FakeSink;
  readonly line: ProgressLine;
  /** Lets time pass, and the timer ring once. */
  pass(ms: number): void;
}

function bench(terminal: boolean, columns?: number): Bench {
  const sink = fakeSink(terminal, columns);
  let nowMs = 0;
  let ring = () => {};
  const line = createProgressLine(
    sink,
    () => nowMs,
    (_ms, tick) => {
      ring = tick;
      return () => {
        ring = () => {};
      };
    },
  );
  return {
    sink,
    line,
    pass(ms) {
      nowMs += ms;
      ring();
    },
  };
}

describe("createProgressLine() on a terminal", () => {
  it("redraws one line in place, at most ten times a second, and takes it away", () => {
    const { sink, line, pass } = bench(true, 80);
    for (let at = 0; at < 50; at++) line.show({ text: `n ${at}`, waitingFor: undefined });
    assert.equal(sink.text, "\rn 0   waiting for nothing\x1b[K");
    pass(500);
    assert.ok(sink.text.endsWith("\rn 49   waiting for nothing\x1b[K"));
    line.stop();
    assert.ok(sink.text.endsWith("\r\x1b[K"));
    assert.doesNotMatch(sink.text, /\n/);
  });

  it("goes on telling since when it waits while no event comes", () => {
    const { sink, line, pass } = bench(true, 80);
    line.show({ text: "n", waitingFor: "the store" });
    assert.match(sink.text, /waiting for the store\x1b\[K$/);
    pass(3_000);
    assert.match(sink.text, /waiting for the store since 3\.0 s\x1b\[K$/);
  });

  it("fits the terminal", () => {
    const { sink, line } = bench(true, 10);
    line.show({ text: "0123456789012345", waitingFor: undefined });
    assert.equal(sink.text, "\r01234567…\x1b[K");
  });
});

describe("createProgressLine() without a terminal", () => {
  it("writes plain lines, seldom", () => {
    const { sink, line, pass } = bench(false);
    line.show({ text: "a", waitingFor: undefined });
    assert.equal(sink.text, "");
    pass(5_000);
    assert.equal(sink.text, "a   waiting for nothing\n");
    pass(1_000);
    line.show({ text: "b", waitingFor: "the store" });
    line.show({ text: "c", waitingFor: "the store" });
    line.stop();
    pass(10_000);
    assert.equal(sink.text, "a   waiting for nothing\nb   waiting for the store\n");
  });

  it("writes nothing for a run that is over at once", () => {
    const { sink, line } = bench(false);
    line.show({ text: "a", waitingFor: undefined });
    line.stop();
    assert.equal(sink.text, "");
  });
});

describe("backupProgress() and restoreProgress()", () => {
  it("have totals, rate, bytes and time left", () => {
    const progress = {
      kindsDone: 41,
      kindsTotal: 58,
      objects: 9_900,
      objectsExpected: 39_600,
      bytes: 4_300_000,
    };
    assert.equal(
      backupProgress(progress, 1_000).text,
      "  listing   41 of 58 kinds   9,900 of 39,600 objects   9,900/s   4.1 MiB   3.0 s left",
    );
    assert.equal(
      backupProgress({ kindsDone: 1, kindsTotal: 1, objects: 5, bytes: 0 }, 500).text,
      "  listing   1 of 1 kind   5 objects   0 B",
    );
  });

  it("tell what became of the objects", () => {
    const progress = {
      wave: "workloads",
      totalItems: 400,
      doneItems: 100,
      created: 90,
      updated: 5,
      skipped: 4,
      failed: 1,
    };
    assert.equal(
      restoreProgress(progress, 1_000).text,
      "  restoring workloads   100 of 400 objects   created 90   updated 5   skipped 4   failed 1   100/s   3.0 s left",
    );
  });
});
