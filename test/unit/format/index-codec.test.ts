import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { decodeIndex, decodeIndexLine, encodeIndexLine } from "../../../src/format/index-codec.ts";
import type { IndexLine } from "../../../src/format/index-line.ts";
import {
  lineHead,
  mostLineBytes,
  placeIndexLines,
  writeUnplacedLine,
} from "../../../src/format/write-index-line.ts";
import { hasCode } from "../../../src/lib/errors.ts";

const signal = new AbortController().signal;
const damaged = (error: unknown): boolean => hasCode(error, "ARK_BACKUP_DAMAGED");
const text = fc.string({ maxLength: 40, unit: "binary" });
const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
const size = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const anyLine: fc.Arbitrary<IndexLine> = fc.record(
  {
    ...{ resource: text, version: text, kind: text, name: text, uid: text },
    namespace: text.filter((name) => name !== ""),
    ...{ resourceVersion: text, sha256: hash, normalSha256: hash },
    at: fc.tuple(size, size, size, size),
  },
  {
    requiredKeys: [
      ...(["resource", "version", "kind", "name", "uid", "resourceVersion"] as const),
      ...(["sha256", "normalSha256", "at"] as const),
    ],
    noNullPrototype: true,
  },
);

const plain: IndexLine = {
  resource: "configmaps",
  version: "v1",
  kind: "ConfigMap",
  namespace: "shop",
  name: "settings",
  uid: "u",
  resourceVersion: "7",
  sha256: "a".repeat(64),
  normalSha256: "b".repeat(64),
  at: [1, 2, 3, 4],
};

/** At an odd place of a larger buffer, as a run writes it. */
function unplaced(line: IndexLine): Buffer {
  const [, , bodyOffset, bodyBytes] = line.at;
  const rest = { ...line, namespace: line.namespace ?? "", bodyOffset, bodyBytes };
  const head = lineHead(line);
  const target = Buffer.alloc(mostLineBytes(head, rest) + 7, 0xff);
  const sizeBytes = writeUnplacedLine(target, 7, head, rest);
  return target.subarray(7, 7 + sizeBytes);
}

async function* cut(bytes: Buffer, step: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

async function decode(bytes: Buffer, maxLines = 1000, step = 100): Promise<IndexLine[]> {
  const lines: IndexLine[] = [];
  for await (const found of decodeIndex(cut(bytes, step), maxLines, signal)) lines.push(...found);
  return lines;
}

describe("the index", () => {
  it("has one line of JSON for an object, keys in the order of the specification", () => {
    assert.equal(
      encodeIndexLine(plain),
      `{"resource":"configmaps","version":"v1","kind":"ConfigMap","namespace":"shop","name":"settings","uid":"u","resourceVersion":"7","sha256":"${plain.sha256}","normalSha256":"${plain.normalSha256}","at":[1,2,3,4]}\n`,
    );
  });

  it("gives back every line, whatever the names hold and however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyLine, { maxLength: 8 }),
        fc.integer({ min: 1, max: 2000 }),
        async (lines, step) => {
          const encoded = lines.map(encodeIndexLine);
          for (const [at, one] of encoded.entries()) {
            assert.equal(one.indexOf("\n"), one.length - 1);
            assert.deepEqual(JSON.parse(one), lines[at]);
          }
          assert.deepEqual(await decode(gzipSync(encoded.join("")), 10, step), lines);
        },
      ),
    );
  });

  it("is the same for lines that get their member's place later", () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 8 }), size, size, (lines, offset, bytes) => {
        const placed = placeIndexLines(Buffer.concat(lines.map(unplaced)), offset, bytes);
        const wanted = lines.map((line) =>
          encodeIndexLine({ ...line, at: [offset, bytes, line.at[2], line.at[3]] }),
        );
        assert.equal(placed.toString(), Buffer.from(wanted.join("")).toString());
      }),
    );
  });

  it("takes keys that it does not know", () => {
    const line = JSON.stringify({ ...plain, later: { a: 1 } });
    assert.deepEqual(decodeIndexLine(line, 1), plain);
  });

  it("refuses lines of a wrong shape", () => {
    const wrong: readonly object[] = [
      { ...plain, name: 1 },
      { ...plain, name: undefined },
      { ...plain, name: "x".repeat(5000) },
      { ...plain, namespace: null },
      { ...plain, sha256: "A".repeat(64) },
      { ...plain, sha256: "a".repeat(63) },
      { ...plain, at: [1, 2, 3] },
      { ...plain, at: [1, 2, 3, 4, 5] },
      { ...plain, at: [1, 2, 3, -4] },
      { ...plain, at: [1, 2, 3, 2 ** 53] },
      { ...plain, at: [1, 2, 3, 0.5] },
      [],
    ];
    for (const one of wrong) {
      assert.throws(() => decodeIndexLine(JSON.stringify(one), 3), damaged, JSON.stringify(one));
    }
    assert.throws(() => decodeIndexLine("{", 3), /line 3/);
  });

  it("refuses too many lines, over-long ones, a cut file and what is no gzip", async () => {
    const line = encodeIndexLine(plain);
    assert.equal((await decode(gzipSync(line.repeat(3)), 3)).length, 3);
    await assert.rejects(decode(gzipSync(line.repeat(3)), 2), damaged);
    await assert.rejects(decode(gzipSync("x".repeat(10_000_000))), /exceeds/);
    await assert.rejects(decode(gzipSync(line.slice(0, -1))), /cut short/);
    await assert.rejects(decode(gzipSync(line.repeat(9)).subarray(0, 60)), damaged);
    await assert.rejects(decode(Buffer.from("plain")), damaged);
  });
});
