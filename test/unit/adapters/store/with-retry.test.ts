import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RetryPolicy } from "../../../../src/adapters/store/retrying.ts";
import { withRetry } from "../../../../src/adapters/store/with-retry.ts";
import { ArkError, type Disposition } from "../../../../src/lib/errors.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { listKeys, readText, rejectsWithCode } from "../../../support/store-testing.ts";
import { createVirtualClock } from "../../../support/virtual-clock.ts";

const signal = new AbortController().signal;

function failure(disposition: Disposition): ArkError {
  return new ArkError("ARK_STORE_FAILED", "no answer", { answer: "503 SlowDown", disposition });
}

function create(policy: Partial<RetryPolicy> = {}) {
  const memory = createMemoryStore();
  const clock = createVirtualClock({ jump: true });
  return { memory, clock, store: withRetry(memory, { clock, ...policy }) };
}

describe("withRetry()", () => {
  it("repeats what may pass, with pauses that double and are jittered", async () => {
    const { memory, clock, store } = create();
    memory.faults.onNth("put", 1, { kind: "fail", error: failure("retry") }, 4);
    await store.put("k", Buffer.from("x"), { signal });
    assert.equal(await readText(memory, "k", signal), "x");
    assert.deepEqual(clock.slept, [150, 300, 600, 1200]);
  });

  it("gives up after its tries, with the last error", async () => {
    const { memory, clock, store } = create({ attempts: 3 });
    const error = failure("retry");
    memory.faults.onNth("head", 1, { kind: "fail", error }, 99);
    await assert.rejects(store.head("k", { signal }), (thrown) => thrown === error);
    assert.equal(clock.slept.length, 2);
  });

  it("keeps pauses under the longest", async () => {
    const { memory, clock, store } = create({ attempts: 8, longestPauseMs: 1_000 });
    memory.faults.onNth("remove", 1, { kind: "fail", error: failure("retry") }, 7);
    await store.remove("k", { signal });
    assert.deepEqual(clock.slept.slice(-3), [750, 750, 750]);
  });

  describe("get()", () => {
    const whole = "abcdefghijklmnopqrstuvwxyz";

    it("goes on where a body broke off, as often as pieces arrive", async () => {
      const { memory, store } = create({ attempts: 2 });
      await memory.put("k", Buffer.from(whole), { signal });
      memory.faults.onNth("get", 1, { kind: "truncate", bytes: 5 }, 4);
      assert.equal(await readText(store, "k", signal), whole);
      assert.equal(memory.faults.calls.filter(({ operation }) => operation === "get").length, 5);
    });

    it("goes on inside the range that was asked", async () => {
      const { memory, store } = create();
      await memory.put("k", Buffer.from(whole), { signal });
      memory.faults.onNth("get", 1, { kind: "truncate", bytes: 3 });
      const { body } = await store.get("k", { signal, range: { offset: 4, length: 10 } });
      const pieces: Uint8Array[] = [];
      for await (const piece of body) pieces.push(piece);
      assert.equal(Buffer.concat(pieces).toString(), whole.slice(4, 14));
    });

    it("gives up when nothing more arrives", async () => {
      const { memory, store } = create({ attempts: 3 });
      await memory.put("k", Buffer.from(whole), { signal });
      memory.faults.onNth("get", 1, { kind: "truncate", bytes: 0 }, 99);
      await assert.rejects(readText(store, "k", signal));
      assert.equal(memory.faults.calls.filter(({ operation }) => operation === "get").length, 3);
    });

    it("does not put two objects together when it was changed meanwhile", async () => {
      const { memory, store } = create();
      await memory.put("k", Buffer.from(whole), { signal });
      memory.faults.onNth("get", 1, { kind: "truncate", bytes: 5 });
      const { body } = await store.get("k", { signal });
      await memory.put("k", Buffer.from("shorter now"), { signal });
      await assert.rejects(async () => {
        for await (const _ of body);
      });
    });
  });

  for (const disposition of ["stall", "wait", "bug"] as const) {
    it(`does not repeat an error of disposition ${disposition}`, async () => {
      const { memory, store } = create();
      memory.faults.onNth("get", 1, { kind: "fail", error: failure(disposition) });
      await rejectsWithCode(store.get("k", { signal }), "ARK_STORE_FAILED");
      assert.equal(memory.faults.calls.length, 1);
    });
  }

  it("stops pausing with the reason of the signal", async () => {
    const memory = createMemoryStore();
    const clock = createVirtualClock();
    const store = withRetry(memory, { clock });
    memory.faults.onNth("put", 1, { kind: "fail", error: failure("retry") }, 99);
    const controller = new AbortController();
    const reason = new Error("stop now");
    const log = { write: () => controller.abort(reason) };
    const logged = withRetry(memory, { clock, log });
    const put = logged.put("k", Buffer.from("x"), { signal: controller.signal });
    await assert.rejects(put, (thrown) => thrown === reason);
    assert.equal(store.display, "memory");
  });

  it("takes its own create-only put for done when only the answer was lost", async () => {
    const { memory, store } = create();
    const lost = { kind: "fail", error: failure("retry"), when: "after" } as const;
    memory.faults.onNth("put", 1, lost);
    await store.put("k", Buffer.from("mine"), { signal, ifAbsent: true });
    assert.equal(await readText(memory, "k", signal), "mine");
  });

  it("tells a contender's object from its own after a lost answer", async () => {
    const { memory, store } = create();
    await memory.put("k", Buffer.from("them"), { signal });
    memory.faults.onNth("put", 1, { kind: "fail", error: failure("retry"), when: "before" });
    const put = store.put("k", Buffer.from("mine"), { signal, ifAbsent: true });
    await rejectsWithCode(put, "ARK_STORE_EXISTS");
    assert.equal(await readText(memory, "k", signal), "them");
  });

  it("does not take an equal object for its own when it was there at the first try", async () => {
    const { memory, store } = create();
    await memory.put("k", Buffer.from("same"), { signal });
    const put = store.put("k", Buffer.from("same"), { signal, ifAbsent: true });
    await rejectsWithCode(put, "ARK_STORE_EXISTS");
  });

  it("goes on with a list after the last entry, each once", async () => {
    const { memory } = create();
    const clock = createVirtualClock({ jump: true });
    const keys = ["a", "b", "c/1", "d"];
    for (const key of keys) await memory.put(key, Buffer.from("x"), { signal });
    let lists = 0;
    const breaking = {
      ...memory,
      async *list(...args: Parameters<typeof memory.list>) {
        lists += 1;
        let given = 0;
        for await (const entry of memory.list(...args)) {
          if (given === lists) throw failure("retry");
          given += 1;
          yield entry;
        }
      },
    };
    assert.deepEqual(await listKeys(withRetry(breaking, { clock }), "", signal), keys);
    assert.equal(lists, 4);
  });

  it("repeats parts and completion of an upload, also a resumed one", async () => {
    const { memory, store } = create();
    const lost = { kind: "fail", error: failure("retry"), when: "after" } as const;
    const { uploadId } = await store.startUpload("k", { signal, metadata: {} });
    const upload = await store.resumeUpload("k", uploadId, { signal });
    memory.faults.onNth("putPart", 1, lost);
    memory.faults.onNth("complete", 1, lost);
    const receipt = await upload!.putPart(1, Buffer.from("part"), { signal });
    await upload!.complete([receipt], { signal });
    assert.equal(await readText(memory, "k", signal), "part");
  });

  it("logs each repetition with operation, key and answer", async () => {
    const lines: unknown[] = [];
    const log = { write: (...line: unknown[]) => void lines.push(line) };
    const { memory, store } = create({ log });
    memory.faults.onNth("put", 1, { kind: "fail", error: failure("retry") });
    await store.put("k", Buffer.from("x"), { signal });
    const fields = {
      operation: "put",
      key: "k",
      attempt: 1,
      pauseMs: 150,
      code: "ARK_STORE_FAILED",
      answer: "503 SlowDown",
    };
    assert.deepEqual(lines, [["warn", "store call repeated", fields]]);
  });
});
