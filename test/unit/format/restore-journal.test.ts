import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import {
  decodeJournalRecord,
  encodeJournalRecord,
  type JournalRecord,
} from "../../../src/format/restore-journal.ts";
import { rejectsWithCode } from "../../support/store-testing.ts";

const item = { resource: "configmaps", namespace: "shop", name: "a" };
const record: JournalRecord = {
  number: 3,
  at: "2026-01-01T00:00:00.000Z",
  planned: [{ severity: "warning", code: "ARK_KIND_UNKNOWN", message: "no such kind" }],
  intents: [
    { ...item, write: "create" },
    { resource: "namespaces", namespace: "", name: "shop", write: "patch" },
  ],
  outcomes: [
    { ...item, action: "created", version: "v1", kind: "ConfigMap", uid: "u", ownersDropped: true },
    {
      ...item,
      name: "line\nbreak",
      action: "skipped",
      version: "v1",
      kind: "ConfigMap",
      findings: [
        {
          severity: "error",
          code: "ARK_OBJECT_DIFFERS",
          message: "it differs",
          ...item,
          advice: "look at it",
        },
      ],
    },
  ],
};

describe("decodeJournalRecord()", () => {
  it("reads what encodeJournalRecord() writes", async () => {
    assert.deepEqual(await decodeJournalRecord(await encodeJournalRecord(record), "k"), record);
    const empty = { number: 1, at: record.at, intents: [], outcomes: [] };
    assert.deepEqual(await decodeJournalRecord(await encodeJournalRecord(empty), "k"), empty);
  });

  const header = '{"number":1,"at":"now"}\n';
  for (const [what, text] of [
    ["nothing", ""],
    ["no JSON", "{\n"],
    ["a header without number", '{"at":"now"}\n'],
    ["an unknown action", `${header}{"resource":"a","namespace":"","name":"b","action":"eaten"}\n`],
    ["an unknown write", `${header}{"resource":"a","namespace":"","name":"b","write":"eat"}\n`],
    ["a name that is none", `${header}{"resource":"a","namespace":"","name":7,"write":"create"}\n`],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await rejectsWithCode(decodeJournalRecord(gzipSync(text), "k"), "ARK_BACKUP_DAMAGED");
    });
  }

  it("refuses bytes that are not gzip", async () => {
    await rejectsWithCode(decodeJournalRecord(Buffer.from("x"), "k"), "ARK_BACKUP_DAMAGED");
  });
});
