import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import type { Finding } from "../../../src/api/results.ts";
import type { RunOwner } from "../../../src/catalog/run-owner.ts";
import { restoreKeys, restoreRecordKey } from "../../../src/format/keys.ts";
import { encodeResults } from "../../../src/format/results.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { elsewhereOwner, freshHome, goneOwner, hereOwner, recordOf } from "./fresh-home.ts";

describe("a restore that has no record", () => {
  const signal = new AbortController().signal;

  const leaveRun = (store: ObjectStore, name: string, owner: RunOwner): Promise<unknown> =>
    store.put(restoreRecordKey(name, 1), recordOf(owner, { backupName: "b" }), { signal });

  it("is told apart: running, died, perhaps elsewhere, and files only", async () => {
    const { store, run } = freshHome();
    await leaveRun(store, "now", hereOwner);
    await leaveRun(store, "dead", goneOwner);
    await leaveRun(store, "far", elsewhereOwner);
    await store.put(restoreKeys("velero").logs, gzipSync("it was Velero\n"), { signal });
    const { status, out } = await run("restore", "get");
    assert.equal(status, 0);
    assert.match(out, /^now +b +InProgress /m);
    assert.match(out, /^dead +b +Interrupted /m);
    assert.match(out, /^far +b +Interrupted /m);
    assert.match(out, /^velero +- +Unknown /m);
    assert.match(out, /^2 restores were cut off, or go on elsewhere: .*restore discard NAME$/m);
    assert.match(out, /^1 restore has files but no record of ark-ts/m);
    const listed = JSON.parse((await run("restore", "get", "-o", "json")).out);
    assert.deepEqual(
      listed.interrupted.map(({ name, phase }: Record<string, unknown>) => [name, phase]),
      [
        ["dead", "Interrupted"],
        ["far", "Interrupted"],
        ["now", "InProgress"],
      ],
    );
    assert.deepEqual(listed.unrecorded, ["velero"]);
  });

  for (const [name, by, told, log] of [
    [
      "now",
      hereOwner,
      /InProgress[\s\S]*the run goes on[\s\S]*"backupName":"b"/,
      /its run goes on/,
    ],
    [
      "dead",
      goneOwner,
      /its process is gone; .*run again, continues it/,
      /cut off before it wrote one$/m,
    ],
    ["far", elsewhereOwner, /goes on elsewhere[\s\S]*on another\n/, /or goes on elsewhere/],
  ] as const) {
    it(`says of the one that is ${name} what became of it, and why it has no log`, async () => {
      const { store, run } = freshHome();
      await leaveRun(store, name, by);
      const described = await run("restore", "describe", name);
      assert.equal(described.status, 0, described.err);
      assert.match(described.out, told);
      assert.match(described.out, /^Objects written: +0$/m);
      const json = JSON.parse((await run("restore", "describe", name, "-o", "json")).out);
      assert.deepEqual(json.written, { objects: 0, inDoubt: 0 });
      const logs = await run("restore", "logs", name);
      assert.equal(logs.status, 1);
      assert.match(logs.err, log);
    });
  }

  it("is described by its files where nobody runs it, and logged", async () => {
    const { store, run } = freshHome();
    const finding = { severity: "error", code: "ARK_STORE_FULL", message: "no room is left" };
    const results = await encodeResults([finding as Finding]);
    await store.put(restoreKeys("velero").results, results, { signal });
    await store.put(restoreKeys("velero").logs, gzipSync("it was Velero\n"), { signal });
    const { out } = await run("restore", "describe");
    assert.match(
      out,
      /^Name: +velero\n[\s\S]*Unknown[\s\S]*no record of ark-ts[\s\S]*no room is left/,
    );
    assert.equal((await run("restore", "logs", "velero")).out, "it was Velero\n");
  });

  it("can be given up though the record of who ran it cannot be read", async () => {
    const { store, run } = freshHome();
    await store.put(restoreRecordKey("odd", 1), Buffer.from("?"), { signal });
    assert.match((await run("restore", "describe", "odd")).out, /cannot be read/);
    const discarded = await run("restore", "discard", "odd", "--confirm");
    assert.equal(discarded.status, 0, discarded.err);
    assert.match((await run("restore", "get")).out, /^no restores/);
  });
});
