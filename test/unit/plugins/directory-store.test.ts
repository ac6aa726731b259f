import assert from "node:assert/strict";
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { createDirectoryStore } from "../../../plugins/object-store-directory/store.ts";
import { createSystemClock } from "../../../src/adapters/clock/system-clock.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { listKeys, readText, rejectsWithCode } from "../../support/store-testing.ts";

const own = "metadata/ark-ts/store";
const signal = new AbortController().signal;
const roots: string[] = [];

async function newRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "ark-ts-directory-"));
  roots.push(root);
  return root;
}

function open(root: string, now?: () => Date): ObjectStore {
  const clock = createSystemClock();
  return createDirectoryStore({ root, display: root, clock: now ? { ...clock, now } : clock });
}

const put = (store: ObjectStore, key: string, text = key) =>
  store.put(key, Buffer.from(text), { signal });

after(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

describe("the directory store on disk", () => {
  it("makes folders 0700 and files 0600, and leaves no other file than the object's", async () => {
    const parent = await newRoot();
    const root = join(parent, "new");
    await put(open(root), "backups/b/x");
    const modeOf = async (path: string) => (await stat(join(root, path))).mode & 0o777;
    for (const folder of ["", "backups", "backups/b", own]) {
      assert.equal(await modeOf(folder), 0o700, folder);
    }
    assert.equal(await modeOf("backups/b/x"), 0o600);
    assert.deepEqual(await readdir(join(root, "backups", "b")), ["x"]);
    assert.deepEqual(await readdir(join(root, own, "tmp")), []);
    assert.deepEqual(await readdir(root), ["backups", "metadata"]);
  });

  it("creates nothing by reading", async () => {
    const root = join(await newRoot(), "new");
    const store = open(root);
    assert.deepEqual(await listKeys(store, "", signal), []);
    assert.equal(await store.head("a", { signal }), undefined);
    await store.remove("a", { signal });
    await assert.rejects(stat(root), { code: "ENOENT" });
  });

  it("keeps its own files from lists and calls", async () => {
    const store = open(await newRoot());
    await put(store, "metadata/ark-ts/names/n/1");
    await store.startUpload("backups/b/x", { signal, metadata: {} });
    assert.deepEqual(await listKeys(store, "", signal), ["metadata/ark-ts/names/n/1"]);
    assert.deepEqual(await listKeys(store, "metadata/ark-ts/", signal, "/"), [
      "metadata/ark-ts/names/",
    ]);
    await rejectsWithCode(put(store, `${own}/tmp/x`), "ARK_STORE_FAILED");
    await rejectsWithCode(put(store, own), "ARK_STORE_FAILED");
  });

  it("follows no symbolic link inside the root, neither to read nor to write", async () => {
    const root = await newRoot();
    const outside = await newRoot();
    await writeFile(join(outside, "secret"), "secret");
    await symlink(outside, join(root, "folder"));
    await symlink(join(outside, "secret"), join(root, "file"));
    const store = open(root);
    await rejectsWithCode(store.get("folder/secret", { signal }), "ARK_STORE_DENIED");
    await rejectsWithCode(store.get("file", { signal }), "ARK_STORE_DENIED");
    await rejectsWithCode(put(store, "folder/new/x"), "ARK_STORE_DENIED");
    await rejectsWithCode(store.remove("folder/secret", { signal }), "ARK_STORE_DENIED");
    const upload = store.startUpload("folder/x", { signal, metadata: {} });
    await rejectsWithCode(upload, "ARK_STORE_DENIED");
    assert.deepEqual(await listKeys(store, "", signal), []);
    assert.deepEqual(await readdir(outside), ["secret"]);
  });

  it("takes a root that is itself a symbolic link", async () => {
    const root = await newRoot();
    const link = join(await newRoot(), "link");
    await symlink(root, link);
    await put(open(link), "a/b");
    assert.equal(await readText(open(root), "a/b", signal), "a/b");
  });

  it("says that a folder cannot hold an object and objects below it", async () => {
    const store = open(await newRoot());
    await put(store, "a");
    await put(store, "b/c");
    await rejectsWithCode(put(store, "a/b"), "ARK_STORE_UNSUPPORTED");
    await rejectsWithCode(put(store, "b"), "ARK_STORE_UNSUPPORTED");
    const once = store.put("b", Buffer.from("x"), { signal, ifAbsent: true });
    await rejectsWithCode(once, "ARK_STORE_UNSUPPORTED");
    await rejectsWithCode(put(store, "n".repeat(300)), "ARK_STORE_UNSUPPORTED");
    assert.deepEqual(await listKeys(store, "", signal), ["a", "b/c"]);
  });

  it("tells a root that is a file, and one that the system forbids", async () => {
    const file = join(await newRoot(), "file");
    await writeFile(file, "x");
    await rejectsWithCode(put(open(file), "a"), "ARK_STORE_BUCKET_MISSING");
    if (process.platform !== "linux") return;
    const error = await rejectsWithCode(put(open("/sys/kernel/ark-ts"), "a"), "ARK_STORE_DENIED");
    assert.match(error.advice ?? "", /write access/);
  });

  it("gives up where the system lets nobody make a folder", async () => {
    await rejectsWithCode(put(open("/proc/nope/deep"), "k"), "ARK_STORE_BUCKET_MISSING");
  });

  it("answers its own probe", async () => {
    const results = await open(await newRoot()).probe({ signal });
    assert.deepEqual(
      results.map(({ check, outcome }) => `${check}: ${outcome}`),
      [
        "list: yes",
        "put: yes",
        "get: yes",
        "range read: yes",
        "conditional put: yes",
        "multipart upload: yes",
        "delete: yes",
        "signed URLs: not asked",
      ],
    );
  });
});

describe("leftovers of dead writers", () => {
  const dayMs = 24 * 3_600_000;

  async function leave(root: string, name: string, ageMs: number): Promise<void> {
    const folder = join(root, own, "tmp");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, name), "left");
    const then = new Date(Date.now() - ageMs);
    await utimes(join(folder, name), then, then);
  }

  it("go at the next write, and those of writers that may live stay", async () => {
    const root = await newRoot();
    const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8"))
      .replaceAll("-", "")
      .trim()
      .slice(0, 16);
    const deadPid = 2 ** 22 + 1;
    await leave(root, `${bootId}.${deadPid}.a.tmp`, 3_600_000);
    await leave(root, `${bootId}.${deadPid}.b.tmp`, 0);
    await leave(root, `${bootId}.${process.pid}.c.tmp`, 3_600_000);
    await leave(root, `${"0".repeat(16)}.1.d.tmp`, 3_600_000);
    await leave(root, `${"0".repeat(16)}.1.e.tmp`, 2 * dayMs);
    await leave(root, "not-ours", 30 * dayMs);
    await put(open(root), "x");
    assert.deepEqual(
      await readdir(join(root, own, "tmp")),
      [
        `${"0".repeat(16)}.1.d.tmp`,
        `${bootId}.${deadPid}.b.tmp`,
        `${bootId}.${process.pid}.c.tmp`,
        "not-ours",
      ].sort(),
    );
  });

  it("include uploads without a write for a week, and no younger ones", async () => {
    const root = await newRoot();
    const { uploadId } = await open(root).startUpload("k", { signal, metadata: {} });
    const inDays = (days: number) => open(root, () => new Date(Date.now() + days * dayMs));
    await put(inDays(6), "x");
    assert.ok((await open(root).resumeUpload("k", uploadId, { signal })) !== undefined);
    await put(inDays(8), "x");
    assert.equal(await open(root).resumeUpload("k", uploadId, { signal }), undefined);
  });
});

describe("an upload that a crash cut off", () => {
  const part = (letter: string, bytes = 1_000) => Buffer.alloc(bytes, letter);

  async function begun() {
    const root = await newRoot();
    const upload = await open(root).startUpload("k", { signal, metadata: { run: "1" } });
    const receipts = [
      await upload.putPart(1, part("a"), { signal }),
      await upload.putPart(2, part("b"), { signal }),
    ];
    const folder = join(root, own, "uploads", upload.uploadId);
    const resume = async () => {
      const resumed = await open(root).resumeUpload("k", upload.uploadId, { signal });
      assert.ok(resumed !== undefined);
      return resumed;
    };
    return { root, upload, receipts, folder, resume };
  }

  it("goes on after the last acknowledged part when more bytes had been written", async () => {
    const { root, receipts, folder, resume } = await begun();
    await appendFile(join(folder, "data"), part("x", 700));
    await appendFile(join(folder, "parts.ndjson"), '{"number":3,"sizeBytes":7');
    const resumed = await resume();
    receipts.push(await resumed.putPart(3, part("c", 10), { signal }));
    await resumed.complete(receipts, { signal });
    const text = await readText(open(root), "k", signal);
    assert.equal(text, `${part("a")}${part("b")}${part("c", 10)}`);
  });

  it("keeps later lines of the journal after a torn one was followed by new parts", async () => {
    const { root, receipts, folder, resume } = await begun();
    await appendFile(join(folder, "parts.ndjson"), '{"number":3,"si');
    receipts.push(await (await resume()).putPart(3, part("c"), { signal }));
    receipts.push(await (await resume()).putPart(4, part("d"), { signal }));
    await (await resume()).complete(receipts, { signal });
    assert.equal((await open(root).head("k", { signal }))?.sizeBytes, 4_000);
  });

  it("is refused, not completed short, when acknowledged bytes are gone", async () => {
    const { root, upload, receipts, folder } = await begun();
    await truncate(join(folder, "data"), 1_500);
    await rejectsWithCode(upload.complete(receipts, { signal }), "ARK_STORE_FAILED");
    assert.equal(await open(root).resumeUpload("k", upload.uploadId, { signal }), undefined);
    assert.equal(await open(root).head("k", { signal }), undefined);
  });

  it("takes parts of other sizes under numbers that were not acknowledged", async () => {
    const { root, receipts, resume } = await begun();
    const resumed = await resume();
    await resumed.putPart(3, part("x"), { signal });
    await resumed.putPart(4, part("y"), { signal });
    const again = await resume();
    const parts = [
      receipts[0]!,
      await again.putPart(2, part("B", 3_000), { signal }),
      await again.putPart(3, part("C", 1), { signal }),
    ];
    await again.complete(parts, { signal });
    const text = await readText(open(root), "k", signal);
    assert.equal(text, `${part("a")}${part("B", 3_000)}C`);
    assert.deepEqual(await readdir(join(root, own, "uploads")), []);
  });

  it("is done when the crash came between the new name and the end of tidying", async () => {
    const { root, upload, receipts, folder } = await begun();
    await upload.complete(receipts, { signal });
    await mkdir(folder);
    await writeFile(join(folder, "upload.json"), '{"key":"k","metadata":{"run":"1"}}');
    await writeFile(join(folder, "parts.ndjson"), "");
    assert.equal(await open(root).resumeUpload("k", upload.uploadId, { signal }), undefined);
    await upload.complete(receipts, { signal });
    assert.deepEqual((await open(root).head("k", { signal }))?.metadata, { run: "1" });
  });
});
