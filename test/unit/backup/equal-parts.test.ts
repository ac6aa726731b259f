import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { fixedPartSize, paddingBefore } from "../../../src/backup/equal-parts.ts";
import { createObjectWriter } from "../../../src/backup/object-writer.ts";
import { emptyPaddingMember, minPaddingBytes } from "../../../src/format/gzip-member.ts";
import { createMemoryStore } from "../../support/memory-store.ts";

const signal = new AbortController().signal;
const mebibyte = 1024 * 1024;
const partBytes = 16 * mebibyte;

describe("paddingBefore()", () => {
  it("keeps pieces off the borders, and leaves room for the next padding", () => {
    const size = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(fc.array(size, { maxLength: 60 }), (pieces) => {
        const part = 200;
        let at = 0;
        for (const piece of pieces) {
          const padding = paddingBefore(at % part, piece, part);
          assert.ok(padding === 0 || padding >= minPaddingBytes, `padding of ${padding}`);
          const start = at + padding;
          at = start + piece;
          const left = at % part;
          assert.ok(left === 0 || left <= part - minPaddingBytes, `${left} leaves no room`);
          const crosses = Math.floor(start / part) !== Math.floor((at - 1) / part);
          if (piece <= part - minPaddingBytes) assert.ok(!crosses, `${start} to ${at} crosses`);
        }
      }),
    );
  });
});

describe("fixedPartSize()", () => {
  const capabilities = createMemoryStore({ capabilities: { equalParts: true } }).capabilities;

  const usualBytes = 8 * mebibyte;

  it("is that of the parts which were sent before, else 16 MiB or the store's least size", () => {
    assert.equal(fixedPartSize(capabilities, undefined, usualBytes), partBytes);
    const large = { ...capabilities, minPartBytes: 20 * mebibyte };
    assert.equal(fixedPartSize(large, undefined, usualBytes), 20 * mebibyte);
    assert.equal(fixedPartSize(capabilities, 5 * mebibyte, usualBytes), 5 * mebibyte);
  });

  it("is none where parts may differ or there are none", () => {
    for (const lacking of [{ equalParts: false }, { multipart: false }]) {
      const size = fixedPartSize({ ...capabilities, ...lacking }, 5 * mebibyte, usualBytes);
      assert.equal(size, undefined);
    }
  });
});

describe("createObjectWriter() on a store that wants equal parts", () => {
  it("sends parts of one size, and the bytes inflate to what was written", async () => {
    const store = createMemoryStore({ capabilities: { equalParts: true } });
    const writer = createObjectWriter(store, { key: "k", metadata: {} });
    const pieces = [3, 7, 5, 9, 20, 1, 8].map((size) => randomBytes(size * mebibyte));
    for (const piece of pieces) {
      const member = gzipSync(piece, { level: 1 });
      const padding = writer.paddingBefore(member.length);
      if (padding > 0) await writer.append(emptyPaddingMember(padding), signal);
      await writer.append(member, signal);
    }
    const written = await writer.finish(signal);
    const sizes = written.parts.map(({ sizeBytes }) => sizeBytes);
    assert.ok(sizes.length >= 4);
    assert.deepEqual(new Set(sizes.slice(0, -1)), new Set([partBytes]));
    assert.ok(gunzipSync(store.bytes("k")).equals(Buffer.concat(pieces)));
  });
});

describe("createObjectWriter() on a store without uploads in parts", () => {
  it("puts the object whole, and refuses one that is too large for memory", async () => {
    const store = createMemoryStore({ capabilities: { multipart: false } });
    const writer = createObjectWriter(store, { key: "k", metadata: {} });
    for (let turn = 0; turn < 3; turn += 1) await writer.append(Buffer.alloc(9 * mebibyte), signal);
    await writer.finish(signal);
    assert.equal(store.bytes("k").length, 27 * mebibyte);
    const large = createObjectWriter(store, { key: "large", metadata: {} });
    const fill = async () => {
      for (let turn = 0; turn < 20; turn += 1)
        await large.append(Buffer.alloc(16 * mebibyte), signal);
    };
    await assert.rejects(fill(), {
      code: "ARK_STORE_UNSUPPORTED",
      message: "large has grown beyond 256 MiB, and memory takes no uploads in parts",
    });
    await large.abort(signal);
    assert.deepEqual(store.keys(), ["k"]);
  });
});
