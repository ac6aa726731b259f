import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withLog } from "../../../../src/adapters/store/with-log.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { listKeys, rejectsWithCode } from "../../../support/store-testing.ts";
import { createVirtualClock } from "../../../support/virtual-clock.ts";

const signal = new AbortController().signal;

describe("withLog()", () => {
  it("writes one line per call and no body, metadata or secret", async () => {
    const lines: Record<string, unknown>[] = [];
    const log = {
      write: (level: string, message: string, fields?: Readonly<Record<string, unknown>>) =>
        void lines.push({ level, message, ...fields }),
    };
    const store = withLog(createMemoryStore(), { log, clock: createVirtualClock() });
    await store.put("k", Buffer.from("planted-secret"), { signal });
    const upload = await store.startUpload("u", { signal, metadata: { m: "planted-secret" } });
    const receipt = await upload.putPart(1, Buffer.from("planted-secret"), { signal });
    await upload.complete([receipt], { signal });
    await listKeys(store, "", signal);
    await rejectsWithCode(store.get("missing", { signal }), "ARK_STORE_NOT_FOUND");
    assert.deepEqual(
      lines.map(({ operation, key, code }) => [operation, key, code]),
      [
        ["put", "k", undefined],
        ["startUpload", "u", undefined],
        ["putPart", "u", undefined],
        ["complete", "u", undefined],
        ["list", "", undefined],
        ["get", "missing", "ARK_STORE_NOT_FOUND"],
      ],
    );
    assert.ok(lines.every(({ level }) => level === "debug"));
    assert.ok(!JSON.stringify(lines).includes("planted"));
  });
});
