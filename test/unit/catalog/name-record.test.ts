import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeNameRecord, type NameRecord } from "../../../src/catalog/name-record.ts";
import { hasCode } from "../../../src/lib/errors.ts";

const record: NameRecord = {
  owner: {
    host: "pod-1",
    bootId: "boot",
    pid: 1,
    term: { clusterId: "c", namespace: "ark-ts", lease: "ark-ts", epoch: 7 },
  },
  runUid: "run",
  clusterId: "c",
  spec: {},
  requestSha256: "0".repeat(64),
  startedAt: "2026-01-01T00:00:00Z",
};
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));

describe("decodeNameRecord()", () => {
  it("keeps the term of a server that owns the run", () => {
    assert.deepEqual(decodeNameRecord(bytesOf(record), "backup", "b"), record);
  });

  it("refuses a term whose epoch is no number", () => {
    const owner = { ...record.owner, term: { ...record.owner.term, epoch: "8" } };
    const decode = () => decodeNameRecord(bytesOf({ ...record, owner }), "backup", "b");
    assert.throws(decode, (error) => hasCode(error, "ARK_BACKUP_DAMAGED"));
  });
});
