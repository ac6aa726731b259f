import assert from "node:assert/strict";
import { describe } from "node:test";
import { collect, listKeys, readText, rejectsWithCode } from "../support/store-testing.ts";
import {
  type OpenStore,
  type StoreQuirks,
  type StoreTest,
  storeTests,
} from "./store-under-test.ts";

/** Keys that ordinary systems produce and careless stores mangle. */
export const oddKeys: readonly string[] = [
  "a b/c d",
  "a+b/c%2Fd",
  "a&b=c;d,e?f#g",
  "backups/nightly:2026@home!'()*~$/x",
  "ünïcode/日本語/🎉",
  "quote\"<xml>'/back\\slash",
  "dots/..a/b../.hidden/...",
  " leading and trailing ",
  `${"d".repeat(200)}/${"f".repeat(200)}`,
];

/** Those that a store with such a quirk takes. */
export function oddKeysFor(refused: RegExp | undefined): readonly string[] {
  return refused === undefined ? oddKeys : oddKeys.filter((key) => !refused.test(key));
}

const forbiddenKeys: readonly string[] = [
  "",
  "/",
  "/a",
  "a/",
  "a//b",
  ".",
  "..",
  "a/../b",
  "a/./b",
  "../a",
  "a/..",
  "nul\0",
  "lone\ud800",
  "x".repeat(901),
];

export function describeObjects(open: OpenStore, quirks: StoreQuirks): void {
  const test = storeTests(open);
  describe("objects", () => {
    describePutAndGet(test, quirks);
    describeRanges(test);
    describeCreateOnly(test);
    describeRemoval(test);
    describeKeys(test, quirks);
    describeSignals(test);
  });
}

function describePutAndGet(test: StoreTest, { tellsLittle }: StoreQuirks): void {
  test("get() returns what put() wrote, also to another process", async (store, signal, reopen) => {
    const body = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
    await store.put("a/b", body, { signal });
    for (const reader of [store, await reopen()]) {
      const stored = await reader.get("a/b", { signal });
      assert.equal(stored.sizeBytes, body.length);
      assert.ok((await collect(stored)).equals(body));
    }
  });

  test("put() stores an empty body", async (store, signal) => {
    await store.put("empty", new Uint8Array(), { signal });
    const stored = await store.get("empty", { signal });
    assert.equal(stored.sizeBytes, 0);
    assert.equal((await collect(stored)).length, 0);
    assert.equal((await store.head("empty", { signal }))?.sizeBytes, 0);
  });

  test("put() replaces an object as a whole", async (store, signal) => {
    await store.put("k", Buffer.from("a longer first body"), { signal });
    await store.put("k", Buffer.from("second"), { signal });
    assert.equal(await readText(store, "k", signal), "second");
  });

  test("a reader sees one whole object while it is replaced", async (store, signal) => {
    const bodies = ["a", "b"].map((letter) => Buffer.alloc(200_000, letter));
    await store.put("k", bodies[0]!, { signal });
    const writes = async () => {
      for (let turn = 0; turn < 10; turn += 1) await store.put("k", bodies[turn % 2]!, { signal });
    };
    const reads = async () => {
      for (let turn = 0; turn < 10; turn += 1) {
        const body = await collect(await store.get("k", { signal }));
        assert.ok(bodies.some((whole) => whole.equals(body)));
      }
    };
    await Promise.all([writes(), reads(), reads()]);
  });

  test("put() keeps the bytes it was given, when the caller reuses the buffer", async (store, signal) => {
    const buffer = Buffer.from("first");
    await store.put("k", buffer, { signal });
    buffer.write("XXXXX");
    assert.equal(await readText(store, "k", signal), "first");
  });

  test("put() does not unpack or label gzip bytes", async (store, signal) => {
    const gzip = Buffer.from("1f8b0800000000000003030000000000000000", "hex");
    await store.put("x.tar.gz", gzip, { signal });
    assert.ok((await collect(await store.get("x.tar.gz", { signal }))).equals(gzip));
  });

  test("head() tells size, time and no metadata; undefined for a missing key", async (store, signal) => {
    await store.put("k", Buffer.from("12345"), { signal });
    const info = await store.head("k", { signal });
    assert.equal(info?.key, "k");
    assert.equal(info?.sizeBytes, 5);
    assert.deepEqual(info?.metadata, {});
    if (tellsLittle === true) assert.equal(info?.modifiedAt, undefined);
    else assert.ok(Math.abs(Date.now() - (info?.modifiedAt?.getTime() ?? 0)) < 3_600_000);
    assert.equal(await store.head("missing", { signal }), undefined);
    assert.equal(await store.head("k/below", { signal }), undefined);
  });

  test("get() of a missing key is ARK_STORE_NOT_FOUND", async (store, signal) => {
    await rejectsWithCode(store.get("a/missing", { signal }), "ARK_STORE_NOT_FOUND");
    await store.put("a/b/c", Buffer.from("x"), { signal });
    await rejectsWithCode(store.get("a/b", { signal }), "ARK_STORE_NOT_FOUND");
  });

  test("a body may be left early", async (store, signal) => {
    await store.put("k", Buffer.alloc(1_000_000), { signal });
    for await (const chunk of (await store.get("k", { signal })).body) {
      assert.ok(chunk.length > 0);
      break;
    }
    assert.equal((await store.head("k", { signal }))?.sizeBytes, 1_000_000);
  });
}

function describeRanges(test: StoreTest): void {
  test("get() with a range returns those bytes and their number", async (store, signal) => {
    if (!store.capabilities.rangeReads) return;
    await store.put("k", Buffer.from("0123456789"), { signal });
    const cases = [
      [0, 1, "0"],
      [3, 4, "3456"],
      [9, 1, "9"],
      [0, 10, "0123456789"],
      [7, 100, "789"],
    ] as const;
    for (const [offset, length, expected] of cases) {
      const stored = await store.get("k", { signal, range: { offset, length } });
      assert.equal(stored.sizeBytes, expected.length);
      assert.equal((await collect(stored)).toString(), expected);
    }
  });

  test("get() refuses a range past the end, and one that is none", async (store, signal) => {
    if (!store.capabilities.rangeReads) return;
    await store.put("k", Buffer.from("0123456789"), { signal });
    for (const range of [
      { offset: 10, length: 1 },
      { offset: 500, length: 10 },
      { offset: 0, length: 0 },
      { offset: -1, length: 5 },
      { offset: 0.5, length: 2 },
    ]) {
      await rejectsWithCode(store.get("k", { signal, range }), "ARK_STORE_FAILED");
    }
    const range = { offset: 0, length: 1 };
    await rejectsWithCode(store.get("none", { signal, range }), "ARK_STORE_NOT_FOUND");
  });
}

function describeCreateOnly(test: StoreTest): void {
  test("put() with ifAbsent leaves an existing object as it is", async (store, signal) => {
    if (!store.capabilities.conditionalPut) return;
    await store.put("k", Buffer.from("first"), { signal, ifAbsent: true });
    const second = store.put("k", Buffer.from("second"), { signal, ifAbsent: true });
    const error = await rejectsWithCode(second, "ARK_STORE_EXISTS");
    assert.match(error.message, /"k"/);
    assert.equal(await readText(store, "k", signal), "first");
    await store.remove("k", { signal });
    await store.put("k", Buffer.from("third"), { signal, ifAbsent: true });
    assert.equal(await readText(store, "k", signal), "third");
  });

  test("put() with ifAbsent lets exactly one of eight contenders win", async (store, signal, reopen) => {
    if (!store.capabilities.conditionalPut) return;
    const stores = [store, await reopen(), await reopen(), await reopen()];
    const contenders = Array.from({ length: 8 }, async (_, index) => {
      const body = Buffer.from(`contender ${index}`);
      await stores[index % stores.length]!.put("names/n/1", body, { signal, ifAbsent: true });
      return index;
    });
    const outcomes = await Promise.allSettled(contenders);
    const winners = outcomes.filter((outcome) => outcome.status === "fulfilled");
    assert.equal(winners.length, 1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") assert.equal(outcome.reason.code, "ARK_STORE_EXISTS");
    }
    assert.equal(await readText(store, "names/n/1", signal), `contender ${winners[0]!.value}`);
  });
}

function describeRemoval(test: StoreTest): void {
  test("remove() is idempotent and removes one key only", async (store, signal) => {
    for (const key of ["a", "ab", "a-b"]) await store.put(key, Buffer.from(key), { signal });
    await store.remove("a", { signal });
    await store.remove("a", { signal });
    await store.remove("never/was/there", { signal });
    assert.equal(await store.head("a", { signal }), undefined);
    assert.deepEqual(await listKeys(store, "", signal), ["a-b", "ab"]);
  });

  test("a key can be written again below what was removed", async (store, signal) => {
    await store.put("a/b/c", Buffer.from("1"), { signal });
    await store.remove("a/b/c", { signal });
    await store.put("a/b", Buffer.from("2"), { signal });
    assert.deepEqual(await listKeys(store, "", signal), ["a/b"]);
  });
}

function describeKeys(test: StoreTest, { refusedKeys }: StoreQuirks): void {
  test("odd keys are stored, found, listed and removed under their own name", async (store, signal) => {
    const oddKeys = oddKeysFor(refusedKeys);
    for (const key of oddKeys) {
      await store.put(key, Buffer.from(key), { signal });
      assert.equal(await readText(store, key, signal), key);
      assert.equal((await store.head(key, { signal }))?.key, key);
    }
    const expected = oddKeys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual(await listKeys(store, "", signal), expected);
    for (const key of oddKeys) await store.remove(key, { signal });
    assert.deepEqual(await listKeys(store, "", signal), []);
  });

  test("keys that the store cannot keep apart are refused by every call", async (store, signal) => {
    for (const key of oddKeys.filter((one) => refusedKeys?.test(one))) {
      for (const call of [
        store.put(key, Buffer.from("x"), { signal }),
        store.get(key, { signal }),
        store.head(key, { signal }),
        store.remove(key, { signal }),
        store.startUpload(key, { signal, metadata: {} }),
      ]) {
        await rejectsWithCode(call, "ARK_STORE_UNSUPPORTED");
      }
    }
    assert.deepEqual(await listKeys(store, "", signal), []);
  });

  test("keys that climb, are empty or too long are refused by every call", async (store, signal) => {
    for (const key of forbiddenKeys) {
      const body = Buffer.from("x");
      await rejectsWithCode(store.put(key, body, { signal }), "ARK_STORE_FAILED");
      await rejectsWithCode(store.get(key, { signal }), "ARK_STORE_FAILED");
      await rejectsWithCode(store.head(key, { signal }), "ARK_STORE_FAILED");
      await rejectsWithCode(store.remove(key, { signal }), "ARK_STORE_FAILED");
      const upload = store.startUpload(key, { signal, metadata: {} });
      await rejectsWithCode(upload, "ARK_STORE_FAILED");
      await rejectsWithCode(store.resumeUpload(key, "x", { signal }), "ARK_STORE_FAILED");
    }
    assert.deepEqual(await listKeys(store, "", signal), []);
  });
}

function describeSignals(test: StoreTest): void {
  test("every call rejects with the reason of its signal", async (store, signal) => {
    await store.put("k", Buffer.from("x"), { signal });
    const reason = new Error("stop now");
    const aborted = AbortSignal.abort(reason);
    const options = { signal: aborted };
    const calls: readonly (() => Promise<unknown>)[] = [
      () => store.put("k2", Buffer.from("x"), options),
      () => store.get("k", options),
      () => store.head("k", options),
      () => store.remove("k", options),
      () => listKeys(store, "", aborted),
      () => store.startUpload("u", { ...options, metadata: {} }),
      () => store.resumeUpload("u", "x", options),
    ];
    for (const call of calls) await assert.rejects(call(), (thrown) => thrown === reason);
    assert.deepEqual(await listKeys(store, "", signal), ["k"]);
  });

  test("a body stops with the reason of its signal", async (store, signal) => {
    await store.put("k", Buffer.alloc(2_000_000), { signal });
    const controller = new AbortController();
    const reason = new Error("stop now");
    const { body } = await store.get("k", { signal: controller.signal });
    const read = async () => {
      for await (const chunk of body) if (chunk.length > 0) controller.abort(reason);
    };
    await assert.rejects(read(), (thrown) => thrown === reason);
  });
}
