import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { annotations } from "../../../src/api/labels.ts";
import type { Restore } from "../../../src/api/restore.ts";
import type { Finding } from "../../../src/api/results.ts";
import type { RunOwner } from "../../../src/catalog/run-owner.ts";
import { encodeFormerPart, formerLine } from "../../../src/format/former-object.ts";
import {
  checkpointKey,
  formerKey,
  restoreKeys,
  restoreRecordKey,
} from "../../../src/format/keys.ts";
import { createJournalRecordBuilder } from "../../../src/format/restore-journal.ts";
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

  it("calls one that its user stopped cancelled, as backups are called", async () => {
    const { store, run } = freshHome();
    const restore: Restore = {
      apiVersion: "velero.io/v1",
      kind: "Restore",
      metadata: { name: "r", annotations: { [annotations.outcome]: "cancelled" } },
      spec: { backupName: "b" },
      status: { phase: "Failed" },
    };
    await store.put(restoreKeys("r").record, Buffer.from(JSON.stringify(restore)), { signal });
    assert.match((await run("restore", "get")).out, /^r +b +Cancelled /m);
    assert.match((await run("restore", "describe", "restore/r")).out, /^Phase: +Cancelled$/m);
    const json = JSON.parse((await run("restore", "get", "r", "-o", "json")).out);
    assert.equal(json.status.phase, "Failed");
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

  it("names the command to go on with where it was kept", async () => {
    const { store, run } = freshHome();
    const command = "ark-ts restore create dead --from-backup b --passive";
    const record = { ...JSON.parse(recordOf(goneOwner, { backupName: "b" }).toString()), command };
    await store.put(restoreRecordKey("dead", 1), Buffer.from(JSON.stringify(record)), { signal });
    const described = await run("restore", "describe", "dead");
    assert.match(
      described.out,
      /its process is gone; to continue it, run what began it: ark-ts restore create dead --from-backup b --passive; to give it up/,
    );
    const json = JSON.parse((await run("restore", "describe", "dead", "-o", "json")).out);
    assert.equal(json.command, command);
  });

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

  for (const [what, breakJournal] of [
    ["may be missing from the cluster", false],
    ["may be missing for all that a damaged journal tells", true],
  ] as const) {
    it(`is not given up where objects that it deleted ${what}`, async () => {
      const { store, run } = freshHome();
      await leaveRun(store, "cut", goneOwner);
      await leaveRemovals(store, "cut", breakJournal);
      const refused = await run("restore", "discard", "cut", "--confirm");
      assert.equal(refused.status, 1, refused.out);
      assert.match(refused.err, /1 object may be missing .*: ConfigMap "shop\/gone"$/m);
      assert.match(refused.err, /restore undo cut$[\s\S]*discard cut --lose-missing$/m);
      assert.match((await run("restore", "get")).out, /^cut +b +Interrupted /m);
      const meant = await run("restore", "discard", "cut", "--confirm", "--lose-missing");
      assert.equal(meant.status, 0, meant.err);
      assert.match(meant.out, /what was kept of 1 object that may be missing from it is lost$/m);
      assert.match((await run("restore", "get")).out, /^no restores/);
    });
  }

  /** As a run leaves it that died between a delete and what was to be made instead. */
  async function leaveRemovals(store: ObjectStore, name: string, breakJournal: boolean) {
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "gone" } };
    const place = { resource: "configmaps", namespace: "shop", name: "gone" };
    const former = { ...place, write: "recreate", uid: "u-gone", object } as const;
    const part = await encodeFormerPart([formerLine(former)]);
    await store.put(formerKey(name, 1), part, { signal });
    const journal = createJournalRecordBuilder();
    journal.addIntent({ ...place, write: "recreate", uid: "u-gone" });
    const record = await journal.encode({ number: 1, at: "2026-11-20T02:00:01Z" });
    await store.put(checkpointKey("u-1", 1), breakJournal ? Buffer.from("?") : record, { signal });
  }
});
