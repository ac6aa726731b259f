import assert from "node:assert/strict";
import { describe } from "node:test";
import { listAll, listKeys, rejectsWithCode } from "../support/store-testing.ts";
import {
  type OpenStore,
  type StoreQuirks,
  type StoreTest,
  storeTests,
} from "./store-under-test.ts";

export function describeLists(open: OpenStore, quirks: StoreQuirks): void {
  const test = storeTests(open);
  describe("lists", () => {
    describeOrder(test, quirks);
    describeDelimiter(test, quirks);
    describePaging(test);
  });
}

function describeOrder(test: StoreTest, { tellsLittle }: StoreQuirks): void {
  test("list() of an empty store is empty", async (store, signal) => {
    assert.deepEqual(await listKeys(store, "", signal), []);
    assert.deepEqual(await listKeys(store, "backups/", signal, "/"), []);
  });

  test("list() goes in byte order across folders", async (store, signal) => {
    const keys = [
      "a/b/c",
      "a-b",
      "a.b",
      "a/b-c",
      "a0",
      "a/b0",
      "B",
      "a/b/c/d",
      "é",
      "z",
      "🎉",
      "ﬀ",
    ];
    const distinct = keys.filter((key) => key !== "a/b/c");
    for (const key of distinct) await store.put(key, Buffer.from(key), { signal });
    const expected = distinct.toSorted((l, r) => Buffer.compare(Buffer.from(l), Buffer.from(r)));
    assert.deepEqual(await listKeys(store, "", signal), expected);
    assert.deepEqual(await listKeys(store, "a/b", signal), ["a/b-c", "a/b/c/d", "a/b0"]);
  });

  test("list() tells size and time of each object", async (store, signal) => {
    await store.put("k", Buffer.from("12345"), { signal });
    const [entry] = await listAll(store, "", signal);
    assert.ok(entry?.kind === "object");
    if (tellsLittle === true) {
      assert.deepEqual([entry.sizeBytes, entry.modifiedAt], [undefined, undefined]);
      return;
    }
    assert.equal(entry.sizeBytes, 5);
    assert.ok(Math.abs(Date.now() - (entry.modifiedAt?.getTime() ?? 0)) < 3_600_000);
  });

  test("list() takes any beginning of keys as prefix", async (store, signal) => {
    for (const key of ["backups/one/x", "backups/one-more/x", "backups/two/x", "b"]) {
      await store.put(key, Buffer.from("x"), { signal });
    }
    const expected = ["backups/one-more/x", "backups/one/x"];
    assert.deepEqual(await listKeys(store, "backups/one", signal), expected);
    assert.deepEqual(await listKeys(store, "backups/one/", signal), ["backups/one/x"]);
    assert.deepEqual(await listKeys(store, "backups/one/x", signal), ["backups/one/x"]);
    assert.deepEqual(await listKeys(store, "none", signal), []);
    assert.deepEqual(await listKeys(store, "backups/one/x/", signal), []);
  });

  test("list() refuses a prefix that climbs", async (store, signal) => {
    for (const prefix of ["../", "a/../b", "/", "a//", "..", "./a"]) {
      await rejectsWithCode(listKeys(store, prefix, signal), "ARK_STORE_FAILED");
    }
  });
}

function describeDelimiter(test: StoreTest, { listsHiddenFolders }: StoreQuirks): void {
  test("list() with a delimiter shows each next segment once, in order", async (store, signal) => {
    const keys = ["b/1", "b/2/3", "b-", "b0", "a", "c/d/e/f"];
    for (const key of keys) await store.put(key, Buffer.from("x"), { signal });
    const entries = await listAll(store, "", signal, "/");
    assert.deepEqual(
      entries.map(({ kind, key }) => [kind, key]),
      [
        ["object", "a"],
        ["object", "b-"],
        ["prefix", "b/"],
        ["object", "b0"],
        ["prefix", "c/"],
      ],
    );
    assert.deepEqual(await listKeys(store, "b/", signal, "/"), ["b/1", "b/2/"]);
    assert.deepEqual(await listKeys(store, "b", signal, "/"), ["b-", "b/", "b0"]);
    assert.deepEqual(await listKeys(store, "c/d", signal, "/"), ["c/d/"]);
  });

  test("list() without a delimiter shows nothing of what was removed", async (store, signal) => {
    await store.put("backups/two/deep/x", Buffer.from("x"), { signal });
    await store.remove("backups/two/deep/x", { signal });
    assert.deepEqual(await listKeys(store, "", signal), []);
  });

  if (listsHiddenFolders) return;
  test("list() with a delimiter forgets a folder whose objects are gone", async (store, signal) => {
    await store.put("backups/one/x", Buffer.from("x"), { signal });
    await store.put("backups/two/deep/x", Buffer.from("x"), { signal });
    await store.remove("backups/two/deep/x", { signal });
    assert.deepEqual(await listKeys(store, "backups/", signal, "/"), ["backups/one/"]);
    await store.remove("backups/one/x", { signal });
    assert.deepEqual(await listKeys(store, "", signal, "/"), []);
  });
}

function describePaging(test: StoreTest): void {
  test("list() returns each of 1,100 keys once, with and without delimiter", async (store, signal) => {
    const keys = Array.from({ length: 1_100 }, (_, index) => {
      const number = index.toString().padStart(4, "0");
      return index % 3 === 0 ? `many/${number}/x` : `many/${number}`;
    });
    const queue = [...keys];
    const writer = async () => {
      for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
        await store.put(key, Buffer.from("x"), { signal });
      }
    };
    await Promise.all([writer(), writer(), writer(), writer(), writer(), writer()]);
    assert.deepEqual(await listKeys(store, "many/", signal), keys);
    const folded = keys.map((key) => key.replace(/\/x$/, "/"));
    assert.deepEqual(await listKeys(store, "many/", signal, "/"), folded);
  });

  test("list() may be left early", async (store, signal) => {
    for (const key of ["a", "b", "c"]) await store.put(key, Buffer.from("x"), { signal });
    for await (const entry of store.list("", { signal })) {
      assert.equal(entry.key, "a");
      break;
    }
  });
}
