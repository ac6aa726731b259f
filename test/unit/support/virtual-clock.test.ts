import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { createVirtualClock } from "../../support/virtual-clock.ts";

const idle = new AbortController().signal;
/** As much as keeps a thread busy while the event loop turns many times. */
const bytes = randomBytes(4_000_000);

const works = {
  "zlib's": () => promisify(gzip)(bytes),
  "zlib's, which fails,": () => promisify(gunzip)(bytes).catch(() => undefined),
  "a file's": () => readFile(new URL(import.meta.url)),
};

describe("the virtual clock", () => {
  for (const [whose, work] of Object.entries(works)) {
    it(`moves on when ${whose} thread has ended, however long that takes`, async () => {
      const clock = createVirtualClock();
      const ends: string[] = [];
      const slept = clock.sleep(1, idle).then(() => ends.push("sleep"));
      const worked = work().then(() => ends.push("work"));
      await clock.advance(1);
      await Promise.all([slept, worked]);
      assert.deepEqual(ends, ["work", "sleep"]);
    });

    it(`jumps when ${whose} thread has ended`, async () => {
      const clock = createVirtualClock({ jump: true });
      const ends: string[] = [];
      const worked = work().then(() => ends.push("work"));
      const slept = clock.sleep(1, idle).then(() => ends.push("sleep"));
      await Promise.all([slept, worked]);
      assert.deepEqual(ends, ["work", "sleep"]);
    });
  }
});
