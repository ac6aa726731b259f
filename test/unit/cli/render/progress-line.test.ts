import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  createProgressLine,
  type ProgressLine,
  type ProgressState,
} from "../../../../src/cli/render/progress-line.ts";
import { backupProgress, restoreProgress } from "../../../../src/cli/render/run-progress.ts";
import { type FakeSink, fakeSink } from "../fake-environment.ts";

const state = (text: string, waitingFor?: string, position = text): ProgressState => ({
  text,
  timeLeft: undefined,
  waitingFor,
  position,
});

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
    for (let n = 0; n < 50; n++) line.show(state(`n ${n}`));
    assert.equal(sink.text, "\rn 0\x1b[K");
    pass(500);
    assert.ok(sink.text.endsWith("\rn 49\x1b[K"));
    line.stop();
    assert.ok(sink.text.endsWith("\r\x1b[K"));
    assert.doesNotMatch(sink.text, /\n/);
  });

  it("goes on telling since when it waits while no event comes", () => {
    const { sink, line, pass } = bench(true, 80);
    line.show(state("n", "the store"));
    assert.match(sink.text, /waiting for the store\x1b\[K$/);
    pass(3_000);
    assert.match(sink.text, /waiting for the store, 3\.0 s\x1b\[K$/);
  });

  it("says what is waited for and since when, and no time left, once nothing moves for 3 s", () => {
    const { sink, line, pass } = bench(true, 80);
    const moving = { ...state("n"), timeLeft: "9 s left" };
    line.show(moving);
    assert.match(sink.text, /n {3}9 s left\x1b\[K$/);
    pass(2_000);
    line.show({ ...moving });
    pass(2_000);
    assert.match(sink.text, /\rn {3}waiting for the API server or the store, 4\.0 s\x1b\[K$/);
    pass(8_000);
    assert.match(sink.text, /\rn {3}waiting for the API server or the store, 12 s\x1b\[K$/);
    line.show({ ...moving, position: "n + 1" });
    pass(500);
    assert.match(sink.text, /\rn {3}9 s left\x1b\[K$/);
  });

  it("counts a wait from the last thing that moved", () => {
    const { sink, line, pass } = bench(true, 80);
    line.show(state("a", "the store"));
    pass(20_000);
    line.show(state("b", "the store"));
    pass(5_000);
    assert.match(sink.text, /\rb {3}waiting for the store, 5\.0 s\x1b\[K$/);
  });

  it("fits the terminal", () => {
    const { sink, line } = bench(true, 10);
    line.show(state("0123456789012345"));
    assert.equal(sink.text, "\r01234567…\x1b[K");
  });
});

describe("createProgressLine() without a terminal", () => {
  it("writes plain lines, seldom", () => {
    const { sink, line, pass } = bench(false);
    line.show(state("a"));
    assert.equal(sink.text, "");
    pass(2_500);
    line.show(state("a2"));
    pass(2_500);
    assert.equal(sink.text, "a2\n");
    pass(1_000);
    line.show(state("b", "the store"));
    line.show(state("c", "the store"));
    line.stop();
    pass(10_000);
    assert.equal(sink.text, "a2\nb   waiting for the store\n");
  });

  it("says every 10 s that nothing moves", () => {
    const { sink, line, pass } = bench(false);
    line.show(state("a"));
    for (let second = 0; second < 25; second++) pass(1_000);
    assert.equal(
      sink.text,
      "a   waiting for the API server or the store, 10 s\na   waiting for the API server or the store, 20 s\n",
    );
  });

  it("writes nothing for a run that is over at once", () => {
    const { sink, line } = bench(false);
    line.show(state("a"));
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
      "  listing   41 of 58 kinds   9,900 of 39,600 objects   9,900/s   4.1 MiB",
    );
    assert.equal(backupProgress(progress, 1_000).timeLeft, "3.0 s left");
    assert.equal(backupProgress(progress, 900).timeLeft, undefined);
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
      hasErrors: true,
    };
    assert.equal(
      restoreProgress(progress, 1_000).text,
      "  restoring workloads   100 of 400 objects   created 90   updated 5   skipped 4   failed 1   100/s",
    );
    assert.equal(restoreProgress(progress, 1_000).timeLeft, "3.0 s left");
  });
});
