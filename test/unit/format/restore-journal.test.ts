import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import {
  createJournalRecordBuilder,
  decodeJournalRecord,
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
  hooks: [
    { hook: "begun", key: '["shop","a"]' },
    { hook: "failed", key: '["shop","a"]', why: "exit code 3", exitCode: 3, lines: ["x"] },
  ],
  outcomes: [
    {
      ...item,
      action: "created",
      version: "v1",
      kind: "ConfigMap",
      uid: "u",
      owners: [
        { apiVersion: "v1", kind: "Secret", name: "o", uid: "1" },
        {
          apiVersion: "v1",
          kind: "X",
          name: "p",
          uid: "2",
          controller: true,
          blockOwnerDeletion: false,
        },
      ],
      ownersManager: "kubectl",
      standsAs: { resource: "configmaps", version: "v1", kind: "ConfigMap", name: "renamed" },
    },
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
  it("reads what a builder writes, and each record holds only what is new", async () => {
    const builder = createJournalRecordBuilder();
    const { intents, outcomes, hooks, ...header } = record;
    for (const intent of intents) builder.addIntent(intent);
    for (const hook of hooks) builder.addHook(hook);
    for (const outcome of outcomes) builder.addOutcome(outcome);
    assert.equal(builder.outcomes, outcomes.length);
    assert.deepEqual(await decodeJournalRecord(await builder.encode(header), "k"), record);
    assert.equal(builder.outcomes, 0);
    const empty = { number: 1, at: record.at };
    assert.deepEqual(await decodeJournalRecord(await builder.encode(empty), "k"), {
      ...empty,
      ...{ intents: [], outcomes: [], hooks: [] },
    });
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
