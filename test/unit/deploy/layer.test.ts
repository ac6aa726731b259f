import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createGunzip, gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { type LayerFile, writeLayer } from "../../../deploy/image/layer.ts";

const folder = mkdtempSync(join(tmpdir(), "ark-layer-"));
process.once("exit", () => rmSync(folder, { recursive: true }));

const files: readonly LayerFile[] = [
  { path: "usr/bin/b", content: "b", executable: true },
  { path: "etc/a", content: "a" },
  { path: "usr/bin/c", link: "/usr/bin/b" },
];

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function entriesOf(file: string) {
  const found: { name: string; type: string; mode: number; uid: number; mtime: number }[] = [];
  const archive = createReadStream(file).pipe(createGunzip()).pipe(extract());
  for await (const entry of archive) {
    const { name, type, mode = -1, uid = -1, mtime } = entry.header;
    found.push({ name, type: type ?? "", mode, uid, mtime: mtime?.getTime() ?? -1 });
    entry.resume();
  }
  return found;
}

describe("a layer of the image", () => {
  it("has each folder before what is in it, all of root and of one time", async () => {
    const file = join(folder, "order");
    await writeLayer(files, file, new Set(["tmp"]));
    const entries = await entriesOf(file);
    assert.deepEqual(
      entries.map(({ name, type, mode }) => `${name} ${type} ${mode.toString(8)}`),
      [
        "tmp/ directory 1777",
        "etc/ directory 755",
        "etc/a file 644",
        "usr/ directory 755",
        "usr/bin/ directory 755",
        "usr/bin/b file 755",
        "usr/bin/c symlink 777",
      ],
    );
    assert.ok(entries.every(({ uid, mtime }) => uid === 0 && mtime === 0));
  });

  it("has the same bytes whatever the order and the age of its files", async () => {
    const source = join(folder, "source");
    const from = (order: readonly LayerFile[]) => [...order, { path: "z", source }];
    writeFileSync(source, "z");
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    const first = await writeLayer(from(files), one);
    writeFileSync(source, "z", { mode: 0o600 });
    assert.deepEqual(await writeLayer(from(files.toReversed()), two), first);
    assert.deepEqual(readFileSync(two), readFileSync(one));
  });

  it("tells the digests of the file and of the tar in it, and the file's size", async () => {
    const file = join(folder, "digests");
    const { digest, diffId, size } = await writeLayer(files, file);
    const bytes = readFileSync(file);
    assert.deepEqual([digest, size], [sha256(bytes), bytes.length]);
    assert.equal(diffId, sha256(gunzipSync(bytes)));
  });
});
