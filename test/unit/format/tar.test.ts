import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import fc from "fast-check";
import { extract } from "tar-stream";
import { tarEnd, tarHeader, tarPadding } from "../../../src/format/tar.ts";
import { readTar } from "../../../src/format/tar-reader.ts";
import { hasCode } from "../../../src/lib/errors.ts";

const signal = new AbortController().signal;
const mtime = 1_767_323_045;

interface File {
  readonly path: string;
  readonly bytes: Buffer;
}

function tar(files: readonly File[]): Buffer {
  const pieces = files.flatMap(({ path, bytes }) => [
    tarHeader(path, bytes.length, mtime),
    bytes,
    tarPadding(bytes.length),
  ]);
  return Buffer.concat([...pieces, tarEnd]);
}

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer, size = 1000, options = {}): Promise<(File & { at: number })[]> {
  const files: (File & { at: number })[] = [];
  for await (const entry of readTar(chunked(bytes, size), { signal, ...options })) {
    files.push({ path: entry.path, bytes: Buffer.from(entry.bytes), at: entry.bodyOffset });
  }
  return files;
}

const path = fc
  .string({ minLength: 1, maxLength: 300, unit: "grapheme" })
  .filter((text) => !text.includes("\0") && text.isWellFormed() && !text.endsWith("/"));
const file = fc.record(
  {
    path,
    bytes: fc.uint8Array({ maxLength: 1500 }).map((bytes) => Buffer.from(bytes)),
  },
  { noNullPrototype: true },
);

const awkward: readonly File[] = [
  "metadata/version",
  "resources/clusterroles.rbac.authorization.k8s.io/cluster/system:Node %41.json",
  `resources/${"a".repeat(60)}/namespaces/${"n".repeat(63)}/${"x".repeat(80)}.json`,
  `resources/x/cluster/${"y".repeat(99)}.json`,
  `resources/x/cluster/${"z".repeat(248)}.json`,
  "resources/x/cluster/ünïcödé-名前.json",
].map((name, at) => ({ path: name, bytes: Buffer.alloc(at * 300, 65 + at) }));

describe("tarHeader()", () => {
  it("writes what GNU tar lists and extracts", () => {
    const folder = mkdtempSync(join(tmpdir(), "ark-ts-tar-"));
    try {
      writeFileSync(join(folder, "a.tar"), tar(awkward));
      const env = { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" };
      const run = (...args: string[]): Buffer =>
        execFileSync("tar", args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
      const listing = run("tvf", "a.tar", "--quoting-style=literal").toString();
      for (const { path: name, bytes } of awkward) {
        assert.ok(listing.includes(`${bytes.length} 2026-01-02 03:04 ${name}\n`), name);
        assert.deepEqual(run("xOf", "a.tar", "--no-wildcards", name), bytes);
      }
      assert.ok(
        listing
          .split("\n")
          .slice(0, -1)
          .every((line) => line.startsWith("-rwxr-xr-x")),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("writes what another implementation reads", async () => {
    const found: File[] = [];
    const parser = Readable.from([tar(awkward)]).pipe(extract());
    for await (const entry of parser) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      assert.equal(entry.header.mode, 0o755);
      assert.equal(entry.header.type, "file");
      found.push({ path: entry.header.name, bytes: Buffer.concat(chunks) });
    }
    assert.deepEqual(found, awkward);
  });

  it("keeps to one block for a plain path, and says sizes beyond octal in a pax header", () => {
    assert.equal(tarHeader("resources/pods/namespaces/a/b.json", 5, mtime).length, 512);
    const large = tarHeader("a", 9 * 2 ** 30, mtime);
    assert.equal(large.length, 3 * 512);
    assert.equal(large.toString("latin1", 512, 531), "19 size=9663676416\n");
  });
});

describe("readTar()", () => {
  it("reads back every path and body, however the input is cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(file, { maxLength: 6 }),
        fc.integer({ min: 1, max: 3000 }),
        async (files, size) => {
          const bytes = tar(files);
          const found = await read(bytes, size);
          assert.deepEqual(
            found.map(({ at, ...rest }) => rest),
            files,
          );
          for (const { at, bytes: body } of found) {
            assert.deepEqual(bytes.subarray(at, at + body.length), body);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("refuses input that ends anywhere but at its end", async () => {
    const whole = tar(awkward.slice(0, 3));
    for (let length = 0; length < whole.length - tarEnd.length; length += 100) {
      await assert.rejects(
        read(whole.subarray(0, length)),
        (error) => hasCode(error, "ARK_ARCHIVE_INVALID"),
        `cut at ${length}`,
      );
    }
  });

  it("takes whole entries without end marker as a piece, and no half ones", async () => {
    const whole = tar(awkward.slice(0, 2));
    const piece = whole.subarray(0, whole.length - tarEnd.length);
    assert.equal((await read(piece, 1000, { piece: true })).length, 2);
    await assert.rejects(read(piece.subarray(0, -1), 1000, { piece: true }));
  });

  it("refuses any header whose checksum is wrong", async () => {
    const bytes = tar(awkward.slice(0, 1));
    for (let at = 0; at < 512; at += 7) {
      const spoilt = Buffer.from(bytes);
      spoilt[at]! ^= 1;
      await assert.rejects(read(spoilt), (error) => hasCode(error, "ARK_ARCHIVE_INVALID"), `${at}`);
    }
  });

  it("bounds entries, their size and the whole", async () => {
    const bytes = tar([
      { path: "a", bytes: Buffer.alloc(600) },
      { path: "b", bytes: Buffer.alloc(600) },
    ]);
    const limits = { maxEntryBytes: 600, maxEntries: 2, maxTotalBytes: bytes.length };
    assert.equal((await read(bytes, 1000, { limits })).length, 2);
    for (const less of [{ maxEntryBytes: 599 }, { maxEntries: 1 }, { maxTotalBytes: 1000 }]) {
      await assert.rejects(read(bytes, 1000, { limits: { ...limits, ...less } }), (error) =>
        hasCode(error, "ARK_ARCHIVE_INVALID"),
      );
    }
  });

  it("does not allocate what a header only claims", async () => {
    const claim = Buffer.concat([tarHeader("a", 30 * 1024 * 1024, mtime), Buffer.alloc(1024)]);
    await assert.rejects(read(claim), /cut short/);
    const beyond = tarHeader("a", 2 ** 40, mtime);
    await assert.rejects(read(beyond), /at most/);
  });

  it("reads GNU long names, old headers and pax files of other tools", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ark-ts-tar-"));
    try {
      const name = "n".repeat(150);
      writeFileSync(join(folder, name), "body");
      for (const format of ["gnu", "pax", "oldgnu"]) {
        const bytes = execFileSync("tar", ["cf", "-", `--format=${format}`, name], { cwd: folder });
        const [found] = await read(bytes);
        assert.equal(found?.path, name, format);
        assert.equal(found?.bytes.toString(), "body");
      }
      writeFileSync(join(folder, "short"), "body");
      for (const format of ["v7", "ustar"]) {
        const bytes = execFileSync("tar", ["cf", "-", `--format=${format}`, "short"], {
          cwd: folder,
        });
        assert.equal((await read(bytes))[0]?.path, "short", format);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("gives no more than an ArkError for arbitrary bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 2000 }), async (bytes) => {
        await read(Buffer.from(bytes)).catch((thrown) =>
          assert.ok(hasCode(thrown, "ARK_ARCHIVE_INVALID")),
        );
      }),
    );
  });
});
