import assert from "node:assert/strict";
import { describe } from "node:test";
import type { ObjectStore, Upload } from "../../src/ports/object-store.ts";
import { collect, listKeys, readText, rejectsWithCode } from "../support/store-testing.ts";
import {
  type OpenStore,
  type StoreQuirks,
  type StoreTest,
  storeTests,
} from "./store-under-test.ts";

export function describeUploads(open: OpenStore, quirks: StoreQuirks): void {
  const test = storeTests(open, noMultipart);
  describe("uploads", () => {
    describeCompletion(test);
    describeParts(test);
    if (quirks.uploadsShareKey === true) describeSharedKey(test);
    else describeOwnUploads(test);
    if (quirks.refusesUnnamedParts === true) describeRefusedParts(test);
    else describeLeftOutParts(test);
    describeAbort(test);
    describeResume(test);
  });
}

const noMultipart = (store: ObjectStore) =>
  store.capabilities.multipart ? undefined : "no multipart";

const key = "backups/b/b.tar.gz";

/** A part of the least size that the store takes, told apart by its letter. */
function part(store: ObjectStore, letter: string): Buffer {
  return Buffer.alloc(Math.max(store.capabilities.minPartBytes, 10), letter);
}

function start(store: ObjectStore, signal: AbortSignal, metadata = {}): Promise<Upload> {
  return store.startUpload(key, { signal, metadata });
}

/** The first byte of each part, in order, and the whole size. */
async function letters(store: ObjectStore, signal: AbortSignal): Promise<string> {
  const bytes = await collect(await store.get(key, { signal }));
  return bytes.toString().replace(/(.)\1*/g, "$1");
}

function describeCompletion(test: StoreTest): void {
  test("complete() makes the parts one object, with its metadata", async (store, signal, reopen) => {
    const metadata = { "ark-run": "6f1c", note: "two words" };
    const upload = await start(store, signal, metadata);
    const parts = [
      await upload.putPart(1, part(store, "a"), { signal }),
      await upload.putPart(2, Buffer.from("bb"), { signal }),
    ];
    assert.deepEqual(
      parts.map(({ number, sizeBytes }) => [number, sizeBytes]),
      [
        [1, part(store, "a").length],
        [2, 2],
      ],
    );
    await upload.complete(parts, { signal });
    for (const reader of [store, await reopen()]) {
      const info = await reader.head(key, { signal });
      assert.equal(info?.sizeBytes, part(store, "a").length + 2);
      assert.deepEqual(info.metadata, metadata);
      assert.equal(await letters(reader, signal), "ab");
    }
    assert.deepEqual(await listKeys(store, "", signal), [key]);
  });

  test("nothing is seen before complete(), and an older object stays whole", async (store, signal) => {
    const first = await start(store, signal);
    await first.putPart(1, part(store, "x"), { signal });
    assert.deepEqual(await listKeys(store, "", signal), []);
    assert.deepEqual(await listKeys(store, "", signal, "/"), []);
    assert.equal(await store.head(key, { signal }), undefined);
    await rejectsWithCode(store.get(key, { signal }), "ARK_STORE_NOT_FOUND");
    await store.put(key, Buffer.from("older"), { signal });
    const upload = await start(store, signal);
    const receipt = await upload.putPart(1, part(store, "a"), { signal });
    assert.equal(await readText(store, key, signal), "older");
    await upload.complete([receipt], { signal });
    assert.equal(await letters(store, signal), "a");
  });

  test("complete() again after it succeeded succeeds", async (store, signal) => {
    const upload = await start(store, signal);
    const parts = [await upload.putPart(1, part(store, "a"), { signal })];
    await upload.complete(parts, { signal });
    await upload.complete(parts, { signal });
    assert.equal(await letters(store, signal), "a");
  });

  test("complete() refuses no parts and parts with gaps", async (store, signal) => {
    const upload = await start(store, signal);
    const second = await upload.putPart(2, part(store, "b"), { signal });
    await rejectsWithCode(upload.complete([], { signal }), "ARK_STORE_FAILED");
    await rejectsWithCode(upload.complete([second], { signal }), "ARK_STORE_FAILED");
    assert.equal(await store.head(key, { signal }), undefined);
    await upload.abort({ signal });
  });

  test("put() after complete() replaces object and metadata", async (store, signal) => {
    const upload = await start(store, signal, { run: "1" });
    await upload.complete([await upload.putPart(1, part(store, "a"), { signal })], { signal });
    await store.put(key, Buffer.alloc(part(store, "a").length, "z"), { signal });
    assert.equal(await letters(store, signal), "z");
    assert.deepEqual((await store.head(key, { signal }))?.metadata, {});
  });
}

function describeParts(test: StoreTest): void {
  test("parts may be sent out of order and at the same time", async (store, signal) => {
    const upload = await start(store, signal);
    const third = await upload.putPart(3, part(store, "c"), { signal });
    const [fourth, first, second] = await Promise.all([
      upload.putPart(4, Buffer.from("d"), { signal }),
      upload.putPart(1, part(store, "a"), { signal }),
      upload.putPart(2, part(store, "b"), { signal }),
    ]);
    await upload.complete([third, second, fourth, first], { signal });
    assert.equal(await letters(store, signal), "abcd");
  });

  test("the last body sent under a number counts", async (store, signal) => {
    const upload = await start(store, signal);
    const stale = await upload.putPart(1, part(store, "x"), { signal });
    const second = await upload.putPart(2, part(store, "y"), { signal });
    const first = await upload.putPart(1, part(store, "a"), { signal });
    const longer = Buffer.concat([part(store, "b"), Buffer.from("b")]);
    const again = await upload.putPart(2, longer, { signal });
    const third = await upload.putPart(3, Buffer.from("c"), { signal });
    assert.notEqual(stale.tag, first.tag);
    assert.notEqual(second.tag, again.tag);
    await upload.complete([first, again, third], { signal });
    assert.equal(await letters(store, signal), "abc");
    const size = part(store, "a").length + longer.length + 1;
    assert.equal((await store.head(key, { signal }))?.sizeBytes, size);
  });

  test("putPart() refuses numbers outside the limits", async (store, signal) => {
    const upload = await start(store, signal);
    for (const number of [0, -1, 1.5, store.capabilities.maxParts + 1]) {
      const sent = upload.putPart(number, part(store, "a"), { signal });
      await rejectsWithCode(sent, "ARK_STORE_FAILED");
    }
    await upload.abort({ signal });
  });
}

function describeOwnUploads(test: StoreTest): void {
  test("two uploads of one key do not meet; the last to complete counts", async (store, signal) => {
    const one = await start(store, signal);
    const two = await start(store, signal);
    assert.notEqual(one.uploadId, two.uploadId);
    const partOfOne = await one.putPart(1, part(store, "1"), { signal });
    const partOfTwo = await two.putPart(1, part(store, "2"), { signal });
    await two.complete([partOfTwo], { signal });
    assert.equal(await letters(store, signal), "2");
    await one.complete([partOfOne], { signal });
    assert.equal(await letters(store, signal), "1");
  });

  test("an upload outlives an object that is written under its key", async (store, signal) => {
    const upload = await start(store, signal);
    const receipt = await upload.putPart(1, part(store, "a"), { signal });
    await store.put(key, Buffer.from("other"), { signal });
    await upload.complete([receipt], { signal });
    assert.equal(await letters(store, signal), "a");
  });
}

function describeSharedKey(test: StoreTest): void {
  test("two uploads of one key do not mix; the first to complete ends the other", async (store, signal) => {
    const one = await start(store, signal);
    const two = await start(store, signal);
    const partOfOne = await one.putPart(1, part(store, "1"), { signal });
    const partOfTwo = await two.putPart(1, part(store, "2"), { signal });
    await two.complete([partOfTwo], { signal });
    assert.equal(await letters(store, signal), "2");
    assert.equal(await store.resumeUpload(key, one.uploadId, { signal }), undefined);
    await rejectsWithCode(one.complete([partOfOne], { signal }), "ARK_STORE_NOT_FOUND");
    assert.equal(await letters(store, signal), "2");
  });
}

function describeLeftOutParts(test: StoreTest): void {
  test("parts that complete() does not name are left out", async (store, signal) => {
    const upload = await start(store, signal);
    const first = await upload.putPart(1, part(store, "a"), { signal });
    await upload.putPart(2, part(store, "b"), { signal });
    await upload.complete([first], { signal });
    assert.equal(await letters(store, signal), "a");
  });
}

function describeRefusedParts(test: StoreTest): void {
  test("complete() that does not name all parts is refused, and shows nothing", async (store, signal) => {
    const upload = await start(store, signal);
    const first = await upload.putPart(1, part(store, "a"), { signal });
    await upload.putPart(2, part(store, "b"), { signal });
    const error = await rejectsWithCode(upload.complete([first], { signal }), "ARK_STORE_FAILED");
    assert.match(error.advice ?? "", /begin the backup again/);
    assert.equal(await store.head(key, { signal }), undefined);
    await upload.abort({ signal });
  });
}

function describeAbort(test: StoreTest): void {
  test("abort() is idempotent, and the upload is gone after it", async (store, signal, reopen) => {
    const upload = await start(store, signal);
    const receipt = await upload.putPart(1, part(store, "a"), { signal });
    await upload.abort({ signal });
    await upload.abort({ signal });
    await rejectsWithCode(upload.putPart(2, part(store, "b"), { signal }), "ARK_STORE_NOT_FOUND");
    await rejectsWithCode(upload.complete([receipt], { signal }), "ARK_STORE_NOT_FOUND");
    const other = await reopen();
    assert.equal(await other.resumeUpload(key, upload.uploadId, { signal }), undefined);
    assert.equal(await store.head(key, { signal }), undefined);
  });

  test("abort() after complete() leaves the object", async (store, signal) => {
    const upload = await start(store, signal);
    await upload.complete([await upload.putPart(1, part(store, "a"), { signal })], { signal });
    await upload.abort({ signal });
    assert.equal(await letters(store, signal), "a");
  });

  test("every call of an upload rejects with the reason of its signal", async (store, signal) => {
    const upload = await start(store, signal);
    const receipt = await upload.putPart(1, part(store, "a"), { signal });
    const reason = new Error("stop now");
    const options = { signal: AbortSignal.abort(reason) };
    const isReason = (thrown: unknown) => thrown === reason;
    await assert.rejects(upload.putPart(2, part(store, "b"), options), isReason);
    await assert.rejects(upload.complete([receipt], options), isReason);
    await assert.rejects(upload.abort(options), isReason);
    await upload.complete([receipt], { signal });
    assert.equal(await letters(store, signal), "a");
  });
}

function describeResume(test: StoreTest): void {
  test("resumeUpload() goes on after the parts that were acknowledged", async (store, signal, reopen) => {
    const upload = await start(store, signal, { run: "7" });
    const first = await upload.putPart(1, part(store, "a"), { signal });
    const second = await upload.putPart(2, part(store, "b"), { signal });
    await upload.putPart(3, part(store, "x"), { signal });
    const later = await reopen();
    const resumed = await later.resumeUpload(key, upload.uploadId, { signal });
    assert.ok(resumed !== undefined);
    assert.equal(resumed.uploadId, upload.uploadId);
    const third = await resumed.putPart(3, part(store, "c"), { signal });
    const fourth = await resumed.putPart(4, Buffer.from("d"), { signal });
    await resumed.complete([first, second, third, fourth], { signal });
    assert.equal(await letters(store, signal), "abcd");
    assert.deepEqual((await store.head(key, { signal }))?.metadata, { run: "7" });
  });

  test("resumeUpload() is undefined for what is unknown, completed or another key's", async (store, signal) => {
    assert.equal(await store.resumeUpload(key, "no-such-upload", { signal }), undefined);
    assert.equal(await store.resumeUpload(key, "../../escape", { signal }), undefined);
    const upload = await start(store, signal);
    const { uploadId } = upload;
    assert.equal(await store.resumeUpload("another/key", uploadId, { signal }), undefined);
    await upload.complete([await upload.putPart(1, part(store, "a"), { signal })], { signal });
    assert.equal(await store.resumeUpload(key, uploadId, { signal }), undefined);
  });
}
