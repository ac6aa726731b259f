import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { openPlanSpool } from "../../../src/cli/restore-plan-store.ts";

describe("a spool of plan lines", async () => {
  const dir = await mkdtemp(join(tmpdir(), "ark-spool-"));
  after(() => rm(dir, { recursive: true }));

  it("gives every line, however late somebody begins to read, and more than once", async () => {
    const spool = await openPlanSpool(dir, "a");
    const added = Array.from({ length: 3_000 }, (_, at) => JSON.stringify({ at }));
    for (const line of added) spool.add(line);
    for (const times of [0, 200]) {
      const lines = spool.lines();
      // The reader is elsewhere while the file could be read.
      for (let at = 0; at < times; at += 1) await stat(dir);
      const read: string[] = [];
      for await (const line of lines) read.push(line);
      assert.deepEqual(read, added);
    }
    await spool.discard();
    assert.deepEqual(await readdir(dir), []);
  });
});
