import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import {
  compressMember,
  emptyPaddingMember,
  inflateFile,
  inflateMember,
  minPaddingBytes,
} from "../../../src/format/gzip-member.ts";
import { inflateStream } from "../../../src/format/inflate-stream.ts";
import { hasCode } from "../../../src/lib/errors.ts";

const signal = new AbortController().signal;
const damaged = (error: unknown): boolean => hasCode(error, "ARK_BACKUP_DAMAGED");

describe("gzip members", () => {
  it("hold what was put in, alone and back to back", async () => {
    const texts = ["first", "", "third".repeat(100_000)].map((text) => Buffer.from(text));
    const members = await Promise.all(texts.map((text) => compressMember(text, 6)));
    for (const [at, member] of members.entries()) {
      assert.deepEqual(await inflateMember(member, texts[at]!.length), texts[at]);
    }
    assert.deepEqual(gunzipSync(Buffer.concat(members)), Buffer.concat(texts));
  });

  it("hold large data that hardly compresses, and are no larger than zlib's own", async () => {
    const hard = Buffer.from(randomBytes(300_000).toString("base64"));
    const member = await compressMember(hard, 6);
    assert.deepEqual(await inflateMember(member, hard.length), hard);
    assert.deepEqual(gunzipSync(member), hard);
    assert.ok(member.length <= gzipSync(hard, { level: 6 }).length * 1.01);
  });

  it("are refused when they inflate to another size than they should", async () => {
    const member = gzipSync(Buffer.alloc(1000));
    for (const size of [0, 1, 999, 1001])
      await assert.rejects(inflateMember(member, size), damaged);
  });

  it("stop a bomb at the size it should have", async () => {
    const block = gzipSync(Buffer.alloc(8 * 1024 * 1024), { level: 1 });
    const bomb = Buffer.concat(Array.from({ length: 10 }, () => block));
    await assert.rejects(inflateMember(bomb, 1000), damaged);
    await assert.rejects(inflateMember(bomb, 80 * 1024 * 1024), damaged);
    await assert.rejects(inflateFile(bomb, 1024 * 1024), damaged);
  });

  it("are refused when any bit of them is wrong or they are cut short", async () => {
    const member = gzipSync("some text that is long enough to have a body");
    for (let at = 10; at < member.length; at += 1) {
      const spoilt = Buffer.from(member);
      spoilt[at]! ^= 4;
      await assert.rejects(inflateMember(spoilt, 44), damaged, `byte ${at}`);
      await assert.rejects(inflateMember(member.subarray(0, at), 44), damaged, `cut at ${at}`);
    }
  });
});

describe("emptyPaddingMember()", () => {
  it("takes exactly the room asked and inflates to nothing", async () => {
    const edges = [26, 27, 65_557, 65_558, 65_582, 65_583, 200_000];
    for (const size of edges) {
      const padding = emptyPaddingMember(size);
      assert.equal(padding.length, size);
      assert.equal((await inflateMember(padding, 0)).length, 0);
    }
    fc.assert(
      fc.property(fc.integer({ min: minPaddingBytes, max: 300_000 }), (size) => {
        const padding = emptyPaddingMember(size);
        assert.equal(padding.length, size);
        const text = gzipSync("x");
        assert.equal(gunzipSync(Buffer.concat([text, padding, text])).toString(), "xx");
      }),
      { numRuns: 30 },
    );
    assert.throws(() => emptyPaddingMember(minPaddingBytes - 1), { code: "ARK_UNEXPECTED" });
  });
});

describe("inflateStream()", () => {
  it("throws what its source throws, as it is", async () => {
    const failure = new Error("network");
    async function* broken(): AsyncGenerator<Buffer> {
      yield gzipSync("x").subarray(0, 5);
      throw failure;
    }
    const read = async (): Promise<void> => {
      for await (const _ of inflateStream(broken(), "it", signal));
    };
    await assert.rejects(read(), failure);
  });

  it("closes its source when its reader stops", async () => {
    let closed = false;
    const member = gzipSync(Buffer.alloc(2_000_000, "abc"));
    async function* source(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield member;
      } finally {
        closed = true;
      }
    }
    for await (const _ of inflateStream(source(), "it", signal)) break;
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(closed);
  });
});
