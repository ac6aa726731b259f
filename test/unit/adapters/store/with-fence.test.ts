import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withFence } from "../../../../src/adapters/store/with-fence.ts";
import { ArkError } from "../../../../src/lib/errors.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";

const signal = new AbortController().signal;
const body = Buffer.from("x");

function fenced() {
  const lost = new AbortController();
  const store = createMemoryStore();
  const fence = () => lost.signal.throwIfAborted();
  const lose = () => lost.abort(new ArkError("ARK_LEADERSHIP_LOST", "no longer leading"));
  return { store, lose, inner: withFence(store, { fence, lost: lost.signal }) };
}
const refused = (work: Promise<unknown>) => assert.rejects(work, { code: "ARK_LEADERSHIP_LOST" });

describe("withFence()", () => {
  it("lets everything pass before", async () => {
    const { inner, store } = fenced();
    await inner.put("a", body, { signal });
    const upload = await inner.startUpload("b", { signal, metadata: {} });
    await upload.complete([await upload.putPart(1, body, { signal })], { signal });
    await inner.remove("a", { signal });
    assert.deepEqual(store.keys(), ["b"]);
  });

  it("refuses every write after, of uploads that were begun too, and lets reads pass", async () => {
    const { inner, store, lose } = fenced();
    await inner.put("a", body, { signal });
    const upload = await inner.startUpload("b", { signal, metadata: {} });
    const part = await upload.putPart(1, body, { signal });
    const resumed = await inner.resumeUpload("b", upload.uploadId, { signal });
    lose();
    await refused(inner.put("c", body, { signal }));
    await refused(inner.remove("a", { signal }));
    await refused(inner.startUpload("d", { signal, metadata: {} }));
    await refused(upload.putPart(2, body, { signal }));
    await refused(upload.complete([part], { signal }));
    await refused(upload.abort({ signal }));
    await refused(resumed?.complete([part], { signal }) ?? Promise.resolve());
    assert.deepEqual(store.keys(), ["a"]);
    assert.notEqual(await inner.head("a", { signal }), undefined);
  });

  it("aborts what is on its way", async () => {
    const { inner, store, lose } = fenced();
    store.faults.onNth("put", 1, { kind: "hang" });
    const writing = inner.put("a", body, { signal });
    lose();
    await refused(writing);
    assert.deepEqual(store.keys(), []);
  });
});
