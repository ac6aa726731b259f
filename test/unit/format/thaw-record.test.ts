import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runOfThawKey, thawKey } from "../../../src/format/keys.ts";
import {
  decodeThawRecord,
  encodeThawRecord,
  type ThawRecord,
} from "../../../src/format/thaw-record.ts";
import { hasCode } from "../../../src/lib/errors.ts";

const record: ThawRecord = {
  backup: "nightly",
  clusterId: "c-1",
  owner: { host: "h", bootId: "b", pid: 7 },
  since: "2026-01-02T03:04:05.678Z",
  attempts: 1,
  lastError: "exit code 1",
  thaws: [
    {
      namespace: "shop",
      pod: "db-0",
      uid: "u-1",
      container: "main",
      command: ["sh", "-c", "fsfreeze -u /data\n"],
      timeoutMs: 30_000,
    },
  ],
};

describe("records of post hooks", () => {
  it("read as they were written, with and without an error", () => {
    const { lastError: _none, ...untried } = record;
    for (const one of [record, untried]) {
      assert.deepEqual(decodeThawRecord(encodeThawRecord(one), "k"), one);
    }
  });

  const [thaw] = record.thaws;
  const cases: readonly (readonly [string, object])[] = [
    ["a name that steers a terminal", { backup: "a\u001b[2J" }],
    ["a pod that is a path", { thaws: [{ ...thaw, pod: "../secrets/x" }] }],
    ["a namespace with a slash", { thaws: [{ ...thaw, namespace: "a/b" }] }],
    ["a container with a space", { thaws: [{ ...thaw, container: "a b" }] }],
    ["a command that is a text", { thaws: [{ ...thaw, command: "x" }] }],
    ["a timeout below zero", { thaws: [{ ...thaw, timeoutMs: -1 }] }],
    ["a time that is none", { since: "yesterday\n" }],
    ["no owner", { owner: undefined }],
  ];
  for (const [name, change] of cases) {
    it(`${name} is refused`, () => {
      const bytes = Buffer.from(JSON.stringify({ ...record, ...change }));
      assert.throws(
        () => decodeThawRecord(bytes, "k"),
        (error) => hasCode(error, "ARK_BACKUP_DAMAGED"),
      );
    });
  }

  it("their keys tell the run, and no other key passes for one", () => {
    assert.equal(thawKey("u-1", 3), "metadata/ark-ts/runs/u-1/thaw-3");
    assert.equal(runOfThawKey(thawKey("u-1", 3)), "u-1");
    for (const key of [
      "metadata/ark-ts/runs/u-1/3",
      "metadata/ark-ts/runs/u-1/thaw-0",
      "metadata/ark-ts/runs/u-1/thaw-1/x",
      "metadata/ark-ts/runs/a/u-1/thaw-1",
      "metadata/ark-ts/names/u-1/thaw-1",
      "backups/b/thaw-1",
    ]) {
      assert.equal(runOfThawKey(key), undefined, key);
    }
  });
});
