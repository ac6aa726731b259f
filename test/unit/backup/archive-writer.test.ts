import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { createArchiveWriter } from "../../../src/backup/archive-writer.ts";
import { createMemberBuilder, createRunBuffers } from "../../../src/backup/member-builder.ts";
import { createObjectWriter, partTargetBytes } from "../../../src/backup/object-writer.ts";
import { readBack } from "../../../src/backup/read-back.ts";
import type { IndexLine } from "../../../src/format/index-line.ts";
import { hasCode } from "../../../src/lib/errors.ts";
import { kindOf } from "../../support/kinds.ts";
import { createMemoryStore } from "../../support/memory-store.ts";
import { configMap } from "../../support/scripted-cluster.ts";

const signal = new AbortController().signal;
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function writerOver(store: ReturnType<typeof createMemoryStore>) {
  return createArchiveWriter({
    archive: createObjectWriter(store, { key: "backups/b/b.tar.gz", metadata: {} }),
    index: createObjectWriter(store, { key: "backups/b/ark-index.ndjson.gz", metadata: {} }),
    gzipLevel: 1,
    formatVersion: "1.0.0",
    mtimeSeconds: 1,
    membersBefore: [],
    isWhole: false,
    onPlaced: () => undefined,
    onEnding: () => undefined,
  });
}

describe("createArchiveWriter()", () => {
  it("writes members of one kind each, and index lines that lead to every object's bytes", async () => {
    const store = createMemoryStore();
    const writer = writerOver(store);
    const objects = ["a/x", "a/y", "b/x"].map(configMap);
    for (const resource of ["configmaps", "widgets.example.io"]) {
      const builder = createMemberBuilder(kindOf(resource, { kind: "Any" }), {
        mtimeSeconds: 1,
        buffers: createRunBuffers(),
      });
      for (const object of objects) assert.equal(builder.add(object), undefined);
      await writer.addMember(builder.close()!, signal);
    }
    const written = await writer.finish(signal);
    const archive = Buffer.from(store.bytes("backups/b/b.tar.gz"));
    assert.equal(written.archive.parts[0]!.sha256, sha256(archive));
    assert.deepEqual(
      written.members.map((member) => member.resource),
      ["", "configmaps", "widgets.example.io", ""],
    );
    const lines = gunzipSync(store.bytes("backups/b/ark-index.ndjson.gz"))
      .toString()
      .trim()
      .split("\n");
    assert.equal(lines.length, 6);
    for (const line of lines.map((text) => JSON.parse(text) as IndexLine)) {
      const [offset, size, at, length] = line.at;
      const body = gunzipSync(archive.subarray(offset, offset + size)).subarray(at, at + length);
      assert.equal(sha256(body), line.sha256);
      assert.equal(JSON.parse(body.toString()).metadata.name, line.name);
    }
  });

  it("puts an object of less than a part whole and uploads a larger one in parts that cover it", async () => {
    const store = createMemoryStore();
    const big = createObjectWriter(store, { key: "backups/b/big", metadata: {} });
    const piece = Buffer.alloc(partTargetBytes(0, 1), 7);
    for (let i = 0; i < 3; i++) await big.append(Buffer.from(piece), signal);
    await big.append(Buffer.from("end"), signal);
    const written = await big.finish(signal);
    assert.deepEqual(
      written.parts.map((part) => part.sizeBytes),
      [piece.length, piece.length, piece.length, 3],
    );
    assert.equal(
      (await readBack(written, store, signal)).sha256,
      sha256(store.bytes("backups/b/big")),
    );
    const small = createObjectWriter(store, { key: "backups/b/small", metadata: {} });
    await small.append(Buffer.from("x"), signal);
    assert.equal((await small.finish(signal)).parts.length, 1);
    assert.deepEqual(store.openUploads(), []);
  });

  it("frees the parts of an aborted upload and shows nothing under the key", async () => {
    const store = createMemoryStore();
    const writer = createObjectWriter(store, { key: "backups/b/big", metadata: {} });
    await writer.append(Buffer.alloc(partTargetBytes(0, 1)), signal);
    await writer.abort(signal);
    assert.deepEqual([store.keys(), store.openUploads()], [[], []]);
  });

  it("fails the run when a part cannot be stored, not silently at the end", async () => {
    const store = createMemoryStore();
    const failing = {
      ...store,
      startUpload: async (...args: Parameters<typeof store.startUpload>) => ({
        ...(await store.startUpload(...args)),
        putPart: () => Promise.reject(Object.assign(new Error("disk full"), { code: "ENOSPC" })),
      }),
    };
    const writer = createObjectWriter(failing, { key: "backups/b/big", metadata: {} });
    await writer.append(Buffer.alloc(partTargetBytes(0, 1)), signal);
    await assert.rejects(writer.finish(signal), /disk full/);
    await writer.abort(signal);
    assert.deepEqual(store.openUploads(), []);
    assert.equal(hasCode(undefined, "ARK_STORE_FULL"), false);
  });
});

describe("partTargetBytes()", () => {
  it("reaches the largest object of S3, 5 TiB, within 10,000 parts and stays above the store's minimum", () => {
    let total = 0;
    for (let part = 0; part < 10_000; part++) total += partTargetBytes(part, 5 * 1024 * 1024);
    assert.ok(total >= 5 * 2 ** 40, `${total}`);
    assert.ok(partTargetBytes(0, 16 * 1024 * 1024) >= 16 * 1024 * 1024);
  });
});
