import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { readAll } from "../support/damage/read-all.ts";
import {
  endOfTar,
  gnuLongName,
  hostileEntry,
  hostileHeader,
  paxName,
} from "../support/damage/tar-blocks.ts";
import { objectBytes } from "../support/kube-objects.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { configMaps } from "../support/stored-backup.ts";
import { storeVeleroBackup, tarGz, veleroEntries } from "../support/velero-backup.ts";

const place = (name: string): string => `resources/configmaps/namespaces/shop/${name}.json`;
const mapBytes = (name: string): Buffer => objectBytes(configMaps, "shop", name);
const good = (name: string): Buffer => hostileEntry({ path: place(name) }, mapBytes(name));

/** Reads a Velero backup whose archive is these tar bytes. */
async function readTarBytes(pieces: readonly Buffer[]) {
  return await readArchive(gzipSync(Buffer.concat(pieces)));
}

async function readArchive(archive: Buffer) {
  const store = createMemoryStore();
  await storeVeleroBackup(store, { name: "b", archive });
  return await readAll(store, "b");
}

const whole = (entry: Buffer): readonly Buffer[] => [good("first"), entry, good("last"), endOfTar];

describe("regression 20: tar and name traversal, absolute names, links, duplicates, huge entries", () => {
  for (const path of [
    "../../etc/passwd",
    "resources/../../../etc/cron.d/x.json",
    "/etc/passwd",
    "resources/configmaps/namespaces/../x.json",
    "resources/configmaps/namespaces//x.json",
    "resources/configmaps/namespaces/shop/./x.json",
    "./../x",
  ]) {
    it(`an entry named ${path} ends the reading with a clear error`, async () => {
      const { verify, problems, index, entries } = await readTarBytes(
        whole(hostileEntry({ path }, Buffer.from("{}"))),
      );
      assert.deepEqual([verify, index, entries], ["damaged", ...invalid, ...invalid]);
      assert.match(problems, /the archive path ".*" cannot be used/);
    });
  }

  for (const [what, type] of [
    ["a symbolic link", "2"],
    ["a hard link", "1"],
    ["a character device", "3"],
    ["a FIFO", "6"],
    ["a GNU sparse file", "S"],
    ["an unknown type", "Z"],
  ] as const) {
    it(`${what} ends the reading with a clear error`, async () => {
      const link = hostileHeader({ path: place("x"), type, linkName: "/etc/shadow" });
      const { verify, problems, entries } = await readTarBytes(whole(link));
      assert.deepEqual([verify, entries], ["damaged", ...invalid]);
      assert.match(problems, /is a link, a device or another special file/);
    });
  }

  it("of two entries of one path the first counts, and verify names the second", async () => {
    const evil = hostileEntry({ path: place("first") }, mapBytes("evil"));
    const { verify, problems, objects } = await readTarBytes(whole(evil));
    assert.equal(verify, "damaged");
    assert.match(
      problems,
      /"resources\/configmaps\/namespaces\/shop\/first.json" stands there twice/,
    );
    assert.deepEqual(
      objects.map((text) => text.split(" ")[1]),
      ["shop/first", "shop/last"],
    );
  });

  it("an entry that its header says is of 100 GiB is refused before it is read", async () => {
    for (const sizeBytes of [100 * 2 ** 30, 2 ** 53, 33 * 2 ** 20]) {
      const header = hostileHeader({ path: place("x"), sizeBytes });
      const { verify, problems, entries } = await readTarBytes(whole(header));
      assert.deepEqual([verify, entries], ["damaged", ...invalid]);
      assert.match(problems, /bytes; at most 33554432 are read|number beyond measure/);
    }
  });

  it("an extended header of 100 GiB is refused, and so is a size that pax makes of it", async () => {
    for (const type of ["x", "L", "g"]) {
      const header = hostileHeader({ path: "x", type, sizeBytes: 100 * 2 ** 30 });
      const { problems, entries } = await readTarBytes(whole(header));
      assert.deepEqual([entries], invalid);
      assert.match(problems, /an extended header has 107374182400 bytes/);
    }
    const pax = hostileEntry({ path: "x", type: "x" }, Buffer.from("21 size=107374182400\n"));
    const { entries } = await readTarBytes([pax, ...whole(good("x"))]);
    assert.deepEqual([entries], invalid);
  });

  it("an object whose own name climbs is damage at its place, and others are read", async () => {
    const climbing = mapBytes("x").toString().replace('"name":"x"', '"name":"../../x"');
    const entry = hostileEntry({ path: place("x") }, Buffer.from(climbing));
    const { verify, problems } = await readTarBytes(whole(entry));
    assert.equal(verify, "damaged");
    assert.match(problems, /configmaps shop\/x: its name is "..\/..\/x"/);
  });
});

const invalid = ["ARK_ARCHIVE_INVALID"];

describe("a hostile archive", () => {
  it("with names of 64 KiB, in GNU's way or that of pax, is refused", async () => {
    const long = place("n".repeat(64 * 1024 - place("").length));
    for (const header of [gnuLongName(Buffer.from(long)), paxName(long)]) {
      const { verify, entries, problems } = await readTarBytes([header, ...whole(good("x"))]);
      assert.deepEqual([verify, entries], ["damaged", ...invalid]);
      assert.match(problems, /it is too long|an extended header has|malformed/);
      assert.ok(problems.length < 1_000, "the name is not repeated whole");
    }
  });

  it("with JSON that is nested 100,000 deep names that object and reads the others", async () => {
    for (const deep of [
      '{"a":'.repeat(100_000),
      "[".repeat(100_000),
      `{"metadata":${"[".repeat(100_000)}`,
    ]) {
      const entry = hostileEntry({ path: place("deep") }, Buffer.from(deep));
      const { verify, problems, entries, objects } = await readTarBytes(whole(entry));
      assert.deepEqual([verify, entries, objects.length], ["damaged", "damaged", 2]);
      assert.match(problems, /configmaps shop\/deep/);
    }
  });

  it("with bytes that are no UTF-8, in names and in objects, loses nothing else", async () => {
    const path = Buffer.concat([
      Buffer.from(place("")).subarray(0, -5),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(".json"),
    ]);
    const { entries, objects } = await readTarBytes(
      whole(hostileEntry({ path }, Buffer.from([0x7b, 0xff, 0x7d]))),
    );
    assert.equal(entries, "damaged");
    assert.equal(objects.length, 2);
    const value = Buffer.concat([
      Buffer.from(
        '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x","namespace":"shop"},"data":{"k":"',
      ),
      Buffer.from([0xff, 0xc0]),
      Buffer.from('"}}'),
    ]);
    const kept = await readTarBytes(whole(hostileEntry({ path: place("x") }, value)));
    assert.equal(kept.objects.length, 3);
  });

  it("with entries that are no objects counts them and reads the others", async () => {
    const { verify, objects } = await readTarBytes(
      whole(hostileEntry({ path: "resources/configmaps/readme.txt" }, Buffer.from("hello"))),
    );
    assert.deepEqual([verify, objects.length], ["ok", 2]);
  });

  it("cut at any place is told to be damaged, and never passes for whole", async () => {
    const archive = await tarGz(veleroEntries());
    for (let end = 0; end < archive.length; end += 61) {
      const { verify, index, entries } = await readArchive(archive.subarray(0, end));
      assert.equal(verify, "damaged", `cut at ${end}`);
      for (const code of [index, entries]) {
        assert.match(code, /^ARK_(BACKUP_DAMAGED|ARCHIVE_INVALID)$/, `cut at ${end}`);
      }
    }
  });

  it("whose tar ends early inside a whole gzip is told to be damaged", async () => {
    const tar = Buffer.concat(whole(good("x")));
    for (const end of [0, 100, 512, 700, 1024, 1536, tar.length - 1024, tar.length - 1000]) {
      const { verify, entries } = await readTarBytes([tar.subarray(0, end)]);
      assert.deepEqual([verify, entries], ["damaged", ...invalid], `ends at ${end}`);
    }
  });

  it("that is no gzip, empty, or has garbage behind its end is told to be damaged", async () => {
    const archive = await tarGz(veleroEntries());
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from("not gzip at all"),
      Buffer.concat([archive, Buffer.from("garbage behind the end")]),
      Buffer.alloc(4096, 0x1f),
    ]) {
      const { verify } = await readArchive(bytes);
      assert.equal(verify, "damaged");
    }
  });

  it("with a header that has a wrong checksum or size text is refused", async () => {
    for (const [at, byte] of [
      [148, 0x39],
      [124, 0x39],
      [126, 0x78],
      [5, 0xff],
    ] as const) {
      const entry = good("x");
      entry[at] = byte;
      const { entries } = await readTarBytes(whole(entry));
      assert.deepEqual([entries], invalid);
    }
  });
});
