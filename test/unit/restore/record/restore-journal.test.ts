import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { NameClaim } from "../../../../src/catalog/name-claim.ts";
import type { ObjectStore } from "../../../../src/ports/object-store.ts";
import { createRestoreJournal } from "../../../../src/restore/record/restore-journal.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { createVirtualClock } from "../../../support/virtual-clock.ts";

const signal = new AbortController().signal;
const item = { resource: "configmaps", namespace: "shop", name: "settings" };

describe("the journal of a restore", () => {
  it("has ended only when its last record has: the records are removed after it", async () => {
    const clock = createVirtualClock();
    const memory = createMemoryStore();
    const begun = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const store: ObjectStore = {
      ...memory,
      async put(key, body, options) {
        begun.resolve();
        await mayEnd.promise;
        await memory.put(key, body, options);
      },
    };
    const claim = { record: { runUid: "uid" }, checkOwner: async () => {} } as unknown as NameClaim;
    const onBroken = (error: Error) => assert.fail(error.message);
    const journal = createRestoreJournal({ store, clock, claim, lastNumber: 0, onBroken }, signal);
    const stop = new AbortController();
    let hasEnded = false;
    const ended = journal.keepAlive(stop.signal).then(() => {
      hasEnded = true;
    });
    const outcome = { ...item, version: "v1", kind: "ConfigMap", action: "created" as const };
    journal.settled(outcome);
    await clock.advance(2_000);
    journal.settled({ ...outcome, name: "others" });
    await begun.promise;
    stop.abort();
    await clock.advance(0);
    assert.equal(hasEnded, false);
    mayEnd.resolve();
    await ended;
    assert.equal(memory.keys().length, 1);
  });
});
