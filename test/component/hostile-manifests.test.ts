import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { listBackups } from "../../src/catalog/list-backups.ts";
import { backupKeys } from "../../src/format/keys.ts";
import { readAll } from "../support/damage/read-all.ts";
import { resealBytes, resealFile, resealIndex, resealManifest } from "../support/damage/reseal.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { storeBackup } from "../support/stored-backup.ts";

const signal = new AbortController().signal;
const keys = backupKeys("b");

type Json = Record<string, unknown>;

async function stored(): Promise<MemoryStore> {
  const store = createMemoryStore();
  await storeBackup(store, { name: "b" });
  return store;
}

/** Every way of reading refuses; none of them hands anything out or fails in another way. */
async function refused(store: MemoryStore): Promise<string> {
  const { verify, problems, index, entries, objects } = await readAll(store, "b");
  assert.notEqual(verify, "ok");
  assert.match(index, /^ARK_BACKUP_(DAMAGED|FORMAT)$/);
  assert.match(entries, /^ARK_BACKUP_(DAMAGED|FORMAT)$/);
  assert.deepEqual(objects, []);
  const listed: string[] = [];
  for await (const { state } of listBackups(store, { signal, concurrency: 1 })) listed.push(state);
  assert.deepEqual(listed, ["unreadable"]);
  return problems;
}

/** The same manifest with the value at a path replaced. */
function put(manifest: Json, path: readonly (string | number)[], value: unknown): Json {
  const copy = structuredClone(manifest);
  let inner = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) inner = inner[key] as Record<string | number, unknown>;
  inner[path.at(-1)!] = value;
  return copy;
}

const wrongNumbers = [-1, 1.5, 2 ** 53, 1e300, "12", null, [], {}, true];

describe("a manifest that lies, with every hash right", () => {
  for (const path of [
    ["archive", "sizeBytes"],
    ["archive", "parts", 0, "sizeBytes"],
    ["archive", "members", 0, "offset"],
    ["archive", "members", 1, "sizeBytes"],
    ["archive", "members", 1, "inflatedBytes"],
    ["kinds", 0, "count"],
    ["kinds", 0, "cut"],
    ["files", 0, "sizeBytes"],
  ] as const) {
    it(`is refused for a wrong number at ${path.join(".")}`, async () => {
      for (const value of wrongNumbers) {
        const store = await stored();
        await resealManifest(store, "b", (manifest) => put(manifest, path, value));
        await refused(store);
      }
    });
  }

  for (const [what, path, value] of [
    ["an unknown feature", ["requiredFeatures"], ["encryption"]],
    ["a feature that is no text", ["requiredFeatures"], [7]],
    ["a newer format", ["formatVersion"], 2],
    ["another backup's name", ["backup"], "other"],
    ["an archive elsewhere in the bucket", ["archive", "key"], "backups/other/other.tar.gz"],
    ["an archive that climbs", ["archive", "key"], "../../secrets"],
    ["a file that climbs", ["files", 0, "name"], "../other/velero-backup.json"],
    ["a file in a folder", ["files", 0, "name"], "a/b"],
    ["a file twice", ["files", 1, "name"], "b-podvolumebackups.json.gz"],
    ["a hash that is none", ["archive", "sha256"], "0"],
    ["a member of a kind that is not there", ["archive", "members", 1, "resource"], "pods"],
    ["members that overlap", ["archive", "members", 1, "offset"], 1],
    ["no members", ["archive", "members"], []],
    ["a member of 64 GiB", ["archive", "members", 1, "inflatedBytes"], 64 * 2 ** 30],
    ["a name of 1 MiB", ["engineVersion"], "x".repeat(2 ** 20)],
    ["a list where an object belongs", ["archive"], []],
  ] as const) {
    it(`is refused for ${what}`, async () => {
      const store = await stored();
      await resealManifest(store, "b", (manifest) => put(manifest, path, value));
      await refused(store);
    });
  }

  it("is refused when it is nested 100,000 deep, wherever that is", async () => {
    const text = createMemoryStore();
    await storeBackup(text, { name: "b" });
    const manifest = Buffer.from(text.bytes(keys.manifest)).toString();
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    for (const key of ["formatVersion", "requiredFeatures", "cuts", "archive", "unknown"]) {
      const store = await stored();
      const changed = manifest.includes(`"${key}":`)
        ? manifest.replace(`"${key}": `, `"${key}": ${deep}, "was": `)
        : manifest.replace("{", `{"unknown": ${deep},`);
      await resealBytes(store, "b", Buffer.from(changed));
      await refused(store);
    }
  });

  it("is refused when it is not JSON, not UTF-8, empty, or a list", async () => {
    for (const bytes of ["", "{", "[]", "null", "7", Buffer.from([0x7b, 0xff, 0x7d])]) {
      const store = await stored();
      await resealBytes(store, "b", Buffer.from(bytes));
      await refused(store);
    }
  });

  it("is told by verify to be wrong about counts, sizes and hashes that only reading can show", async () => {
    for (const [path, value, problem] of [
      [["kinds", 0, "count"], 1, /the file has more than 4 lines/],
      [["kinds", 1, "count"], 2 ** 50, /its index has 5 objects, its manifest 1125899906842626/],
      [["archive", "sha256"], "0".repeat(64), /differs from its hash as a whole/],
      [["archive", "parts", 0, "sha256"], "0".repeat(64), /part 1 .* differs from its hash/],
      [["archive", "members", 2, "inflatedBytes"], 3584, /inflate/],
      [["files", 5, "sha256"], "0".repeat(64), /differs from/],
    ] as const) {
      const store = await stored();
      await resealManifest(store, "b", (manifest) => put(manifest, path, value));
      const { verify, problems } = await readAll(store, "b");
      assert.equal(verify, "damaged", path.join("."));
      assert.match(problems, problem, path.join("."));
    }
  });
});

describe("an index that lies, with every hash right", () => {
  const change = (at: number, edit: (line: Json) => Json | string) => (lines: readonly string[]) =>
    lines.map((line, index) => {
      if (index !== at) return line;
      const edited = edit(JSON.parse(line));
      return typeof edited === "string" ? edited : JSON.stringify(edited);
    });

  it("is refused for places that no member has", async () => {
    for (const place of [
      [0, 1, 2, 3],
      [-1, 1, 512, 3],
      [2 ** 53, 1, 512, 3],
      [1, 2, 3],
      "nowhere",
      null,
    ]) {
      const store = await stored();
      await resealIndex(
        store,
        "b",
        change(2, (line) => ({ ...line, at: place })),
      );
      const { verify, index, entries } = await readAll(store, "b");
      assert.deepEqual([verify, index], ["damaged", "ARK_BACKUP_DAMAGED"], JSON.stringify(place));
      assert.equal(entries, "ARK_BACKUP_DAMAGED");
    }
  });

  it("never lets bytes pass for an object that are not those of its hash", async () => {
    for (const [field, value] of [
      ["name", "other"],
      ["namespace", "other"],
      ["uid", "other"],
      ["resourceVersion", "8"],
      ["kind", "Secret"],
      ["version", "v2"],
      ["sha256", "0".repeat(64)],
      ["normalSha256", "0".repeat(64)],
    ] as const) {
      const store = await stored();
      await resealIndex(
        store,
        "b",
        change(3, (line) => ({ ...line, [field]: value })),
      );
      const { verify, problems } = await readAll(store, "b");
      assert.equal(verify, "damaged", field);
      assert.match(problems, /configmaps (shop|other)\/(theme|other)/);
    }
    for (const shift of [-512, -1, 1, 512, 2 ** 40]) {
      const store = await stored();
      const moved = (line: Json): Json => {
        const [offset, size, body, bytes] = line["at"] as number[];
        return { ...line, at: [offset, size, body! + shift, bytes] };
      };
      await resealIndex(store, "b", change(3, moved));
      const { verify, objects } = await readAll(store, "b");
      assert.equal(verify, "damaged", `${shift}`);
      assert.ok(objects.length < 5);
    }
  });

  it("is refused for lines out of order, twice, missing, too many or over-long", async () => {
    for (const lie of [
      (lines: readonly string[]) => [...lines].reverse(),
      (lines: readonly string[]) => [...lines.slice(0, 2), lines[1]!, ...lines.slice(2)],
      (lines: readonly string[]) => lines.slice(0, -1),
      (lines: readonly string[]) => lines.slice(1),
      (lines: readonly string[]) => [...lines, ...lines],
      change(1, (line) => ({ ...line, uid: "u".repeat(70_000) })),
      change(1, () => "["),
      change(1, () => `{"at":${"[".repeat(30_000)}${"]".repeat(30_000)}}`),
      change(1, () => ""),
    ]) {
      const store = await stored();
      await resealIndex(store, "b", lie);
      const { verify, index } = await readAll(store, "b");
      assert.deepEqual([verify, index], ["damaged", "ARK_BACKUP_DAMAGED"]);
    }
  });

  it("may hold keys that this version does not know", async () => {
    const store = await stored();
    await resealIndex(
      store,
      "b",
      change(1, (line) => ({ ...line, later: { deep: [] } })),
    );
    assert.equal((await readAll(store, "b")).verify, "ok");
  });
});

describe("side files that lie", () => {
  it("are told by verify where nothing holds their hash, and never end in another failure", async () => {
    for (const json of [
      "",
      "{",
      "7",
      "[7]",
      '{"warnings":7}',
      '{"errors":{"velero":[7]}}',
      "[".repeat(100_000),
    ]) {
      const store = await stored();
      for (const key of [keys.results, keys.volumeInfo, keys.itemOperations]) {
        await resealFile(store, "b", key, gzipSync(json));
      }
      const { verify, sideFiles } = await readAll(store, "b");
      assert.equal(verify, "ok", "their bytes are what the manifest says");
      assert.match(sideFiles, /ARK_BACKUP_FORMAT/);
    }
  });
});

describe("an alien bucket", () => {
  it("lists what it does not know, reads what is whole, and loses nothing", async () => {
    const store = await stored();
    const alien = [
      "photos/summer/1.jpg",
      "backups/readme.txt",
      "backups/With Spaces/velero-backup.json",
      "backups/UPPER/velero-backup.json",
      "backups/\u0001control\u001b[31m/velero-backup.json",
      "backups/new\nline/velero-backup.json",
      "backups/empty-folder/nothing",
      "backups/not-json/velero-backup.json",
      "restores/x/y/z",
      "metadata/ark-ts/names/ghost/1",
      "metadata/ark-ts/runs/stray/1",
    ];
    for (const key of alien) await store.put(key, Buffer.from("alien"), { signal });
    const found = new Map<string, string>();
    for await (const one of listBackups(store, { signal, concurrency: 4 })) {
      found.set(one.name, one.state);
    }
    assert.equal(found.get("b"), "sealed");
    assert.equal(found.get("not-json"), "unreadable");
    assert.notEqual(found.get("empty-folder"), "sealed");
    assert.ok(found.has("ghost"));
    for (const name of ["With Spaces", "UPPER", "\u0001control\u001b[31m", "new\nline"]) {
      assert.equal(found.get(name), "unreadable", name);
    }
    assert.equal((await readAll(store, "b")).verify, "ok");
    for (const key of alien) assert.ok(store.keys().includes(key));
  });
});
