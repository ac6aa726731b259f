import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openBackup } from "../../../src/catalog/open-backup.ts";
import type { BackupEntry, OpenedBackup } from "../../../src/catalog/opened-backup.ts";
import type { IndexLine } from "../../../src/format/index-line.ts";
import { backupKeys } from "../../../src/format/keys.ts";
import { objectBytes } from "../../support/kube-objects.ts";
import { createMemoryStore } from "../../support/memory-store.ts";
import { rejectsWithCode } from "../../support/store-testing.ts";
import { configMaps, storeBackup } from "../../support/stored-backup.ts";
import { storeVeleroBackup, tarGz, veleroEntries } from "../../support/velero-backup.ts";

const signal = new AbortController().signal;

async function linesOf(opened: OpenedBackup): Promise<IndexLine[]> {
  const lines: IndexLine[] = [];
  for await (const line of opened.index(signal)) lines.push(line);
  return lines;
}

async function entriesOf(entries: AsyncIterable<BackupEntry>): Promise<BackupEntry[]> {
  const found: BackupEntry[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

const places = [
  "clusterroles.rbac.authorization.k8s.io /Edit:all",
  "clusterroles.rbac.authorization.k8s.io /system:node",
  "configmaps shop/settings",
  "configmaps shop/theme",
  "configmaps web/settings",
];
const placeOf = (line: IndexLine): string =>
  `${line.resource} ${line.namespace ?? ""}/${line.name}`;

for (const [writer, write] of [
  ["ark-ts", storeBackup],
  ["Velero", storeVeleroBackup],
] as const) {
  describe(`openBackup() of a backup by ${writer}`, () => {
    it("indexes every object once, in archive order", async () => {
      const store = createMemoryStore();
      await write(store, { name: "nightly" });
      const opened = await openBackup(store, "nightly", { signal });
      const lines = await linesOf(opened);
      assert.deepEqual(lines.map(placeOf), places);
      const [role, , settings] = lines;
      assert.equal(role?.version, "rbac.authorization.k8s.io/v1");
      assert.equal(role?.kind, "ClusterRole");
      assert.equal(settings?.uid, "uid-configmaps-shop-settings");
      assert.equal(settings?.resourceVersion, "7");
      assert.equal(opened.backup.metadata.name, "nightly");
      assert.equal(opened.manifest !== undefined, writer === "ark-ts");
    });

    it("reads the bytes that were written, one object and many", async () => {
      const store = createMemoryStore();
      await write(store, { name: "nightly" });
      const opened = await openBackup(store, "nightly", { signal });
      for (const line of await linesOf(opened)) {
        const bytes = await opened.read(line, signal);
        if (line.resource !== "configmaps") continue;
        assert.deepEqual(bytes, objectBytes(configMaps, line.namespace ?? "", line.name));
      }
      const shop = opened.entries((line) => line.namespace === "shop", signal);
      assert.deepEqual(
        (await entriesOf(shop)).map(({ line, bytes }) => [line.name, bytes.toString()]),
        ["settings", "theme"].map((name) => [
          name,
          objectBytes(configMaps, "shop", name).toString(),
        ]),
      );
    });

    it("stops reading the archive when its reader stops", async () => {
      const store = createMemoryStore();
      await write(store, { name: "nightly" });
      const opened = await openBackup(store, "nightly", { signal });
      for await (const { line } of opened.entries(() => true, signal)) {
        assert.equal(line.name, "Edit:all");
        break;
      }
    });
  });
}

describe("openBackup()", () => {
  it("gives the same hashes to the same objects of either writer", async () => {
    const store = createMemoryStore();
    await storeBackup(store, { name: "ours" });
    await storeVeleroBackup(store, { name: "theirs" });
    const ours = await linesOf(await openBackup(store, "ours", { signal }));
    const theirs = await linesOf(await openBackup(store, "theirs", { signal }));
    const hashes = (lines: IndexLine[]) => lines.map((line) => [line.sha256, line.normalSha256]);
    assert.deepEqual(hashes(ours), hashes(theirs));
  });

  it("rejects a name that no backup can have, and one that is not there", async () => {
    const store = createMemoryStore();
    await rejectsWithCode(openBackup(store, "../x", { signal }), "ARK_NAME_INVALID");
    await rejectsWithCode(openBackup(store, "gone", { signal }), "ARK_BACKUP_NOT_FOUND");
  });

  it("rejects a seal that was moved to another name", async () => {
    const store = createMemoryStore();
    await storeVeleroBackup(store, { name: "a" });
    await store.put(backupKeys("b").seal, store.bytes(backupKeys("a").seal), { signal });
    await rejectsWithCode(openBackup(store, "b", { signal }), "ARK_BACKUP_DAMAGED");
  });

  it("rejects a changed seal, a changed manifest, a missing one and a stripped annotation", async () => {
    const store = createMemoryStore();
    const keys = backupKeys("b");
    const spoil = async (change: () => unknown): Promise<void> => {
      await storeBackup(store, { name: "b" });
      await change();
      await rejectsWithCode(openBackup(store, "b", { signal }), "ARK_BACKUP_DAMAGED");
    };
    const replace = (key: string, from: string, to: string): Promise<void> =>
      store.put(key, Buffer.from(Buffer.from(store.bytes(key)).toString().replace(from, to)), {
        signal,
      });
    await spoil(() => replace(keys.seal, "720h", "100h"));
    await spoil(() => replace(keys.manifest, "v1.34.2", "v1.34.3"));
    await spoil(() => replace(keys.manifest, "{", "["));
    await spoil(() => store.remove(keys.manifest, { signal }));
    await spoil(() => replace(keys.seal, "ark-ts.dev/manifest-sha256", "ark-ts.dev/other"));
  });

  it("rejects a feature that this version does not know", async () => {
    const store = createMemoryStore();
    const newer = storeBackup(store, {
      name: "b",
      alterManifest: (manifest) => ({ ...manifest, requiredFeatures: ["encryption"] }),
    });
    await rejectsWithCode(newer, "ARK_BACKUP_FORMAT");
  });

  it("names the object whose bytes differ and goes on where it is asked to", async () => {
    const store = createMemoryStore();
    const manifest = await storeBackup(store, { name: "b", memberObjects: 1 });
    const { offset, sizeBytes } = manifest.archive.members[3]!;
    // Nothing that inflates is left of it.
    store.bytes(backupKeys("b").archive).fill(0xff, offset, offset + sizeBytes);
    const opened = await openBackup(store, "b", { signal });
    const error = await rejectsWithCode(
      entriesOf(opened.entries(() => true, signal)),
      "ARK_BACKUP_DAMAGED",
    );
    assert.match(error.message, /backup "b" is damaged/);
    const damaged: string[] = [];
    const rest = opened.entries(
      () => true,
      signal,
      ({ name }) => void damaged.push(name),
    );
    assert.deepEqual(
      (await entriesOf(rest)).map(({ line }) => placeOf(line)),
      places.filter((place) => place !== "configmaps shop/settings"),
    );
    assert.deepEqual(damaged, ["settings"]);
  });

  it("reads an object that matches its hash out of a member that is damaged elsewhere", async () => {
    const store = createMemoryStore();
    const manifest = await storeBackup(store, { name: "b", memberObjects: 3 });
    const { offset, sizeBytes } = manifest.archive.members[2]!;
    // The last byte of the gzip checksum: every object is as it was.
    store.bytes(backupKeys("b").archive)[offset + sizeBytes - 5]! ^= 1;
    const opened = await openBackup(store, "b", { signal });
    await rejectsWithCode(entriesOf(opened.entries(() => true, signal)), "ARK_BACKUP_DAMAGED");
    const damaged: string[] = [];
    const saved = opened.entries(
      () => true,
      signal,
      ({ name }) => void damaged.push(name),
    );
    assert.deepEqual(
      (await entriesOf(saved)).map(({ line }) => placeOf(line)),
      places,
    );
    assert.deepEqual(damaged, []);
    for (const line of await linesOf(opened)) await opened.read(line, signal);
  });

  it("does not hand out bytes that another index line would pass off as an object", async () => {
    const store = createMemoryStore();
    await storeBackup(store, {
      name: "b",
      alterLine: (line) => (line.name === "theme" ? { ...line, sha256: "0".repeat(64) } : line),
    });
    const opened = await openBackup(store, "b", { signal });
    const theme = (await linesOf(opened)).find((line) => line.name === "theme")!;
    const error = await rejectsWithCode(opened.read(theme, signal), "ARK_BACKUP_DAMAGED");
    assert.match(error.message, /configmaps shop\/theme/);
  });

  it("rejects an index that points outside its members, is out of order, or has too few lines", async () => {
    const store = createMemoryStore();
    const alterations: readonly ((line: IndexLine) => IndexLine | undefined)[] = [
      (line) => (line.name === "theme" ? { ...line, at: [1, 2, 3, 4] } : line),
      (line) => ({ ...line, at: [line.at[0], line.at[1], 512, line.at[3]] }),
      (line) => (line.name === "theme" ? { ...line, resource: "secrets" } : line),
      (line) => (line.name === "theme" ? undefined : line),
    ];
    for (const alterLine of alterations) {
      await storeBackup(store, { name: "b", alterLine });
      const opened = await openBackup(store, "b", { signal });
      await rejectsWithCode(linesOf(opened), "ARK_BACKUP_DAMAGED");
    }
  });

  it("reads whole objects from a store that cannot read ranges", async () => {
    const store = createMemoryStore({ capabilities: { rangeReads: false } });
    await storeBackup(store, { name: "b" });
    const opened = await openBackup(store, "b", { signal });
    assert.equal((await entriesOf(opened.entries(() => true, signal))).length, 5);
  });

  it("rejects with the reason of its signal", async () => {
    const store = createMemoryStore();
    await storeBackup(store, { name: "b" });
    const opened = await openBackup(store, "b", { signal });
    const aborted = AbortSignal.abort(new Error("stopped"));
    await assert.rejects(entriesOf(opened.entries(() => true, aborted)), /stopped/);
  });
});

describe("openBackup() of a foreign archive", () => {
  const open = async (archive: Buffer): Promise<OpenedBackup> => {
    const store = createMemoryStore();
    await storeVeleroBackup(store, { name: "b", archive });
    return await openBackup(store, "b", { signal });
  };

  it("counts what it leaves out", async () => {
    const opened = await open(await tarGz([...veleroEntries(), { name: "notes.txt", body: "x" }]));
    await linesOf(opened);
    const [folders, unknown] = opened.notes();
    assert.match(folders ?? "", /^5 entries in version folders/);
    assert.match(unknown ?? "", /^1 entries that are no objects/);
  });

  it("takes the first of two entries of one path and says so", async () => {
    const name = "resources/configmaps/namespaces/a/b.json";
    const body = (uid: string) =>
      JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "b", uid } });
    const opened = await open(
      await tarGz([
        { name, body: body("1") },
        { name: `./${name}`, body: body("2") },
      ]),
    );
    assert.deepEqual(
      (await linesOf(opened)).map((line) => line.uid),
      ["1"],
    );
    assert.match(opened.notes()[0] ?? "", /^1 entries whose path had come before/);
  });

  it("refuses climbing and absolute paths, links and devices", async () => {
    const hostile: readonly Parameters<typeof tarGz>[0][] = [
      [{ name: "resources/../../etc/passwd", body: "x" }],
      [{ name: "/etc/passwd", body: "x" }],
      [{ name: "resources/configmaps/namespaces/../b.json", body: "x" }],
      [{ name: "resources/x", type: "symlink", linkname: "/etc/passwd" }],
      [{ name: "resources/x", type: "link", linkname: "resources/y" }],
      [{ name: "resources/x", type: "character-device" }],
    ];
    for (const entries of hostile) {
      const opened = await open(await tarGz(entries));
      await rejectsWithCode(linesOf(opened), "ARK_ARCHIVE_INVALID");
    }
  });

  it("rejects what is not gzip or is cut short", async () => {
    const whole = await tarGz(veleroEntries());
    for (const archive of [Buffer.from("not gzip"), whole.subarray(0, whole.length - 20)]) {
      await rejectsWithCode(linesOf(await open(archive)), "ARK_BACKUP_DAMAGED");
    }
  });

  it("names an entry that is no object, and goes on where it is asked to", async () => {
    const bad = { name: "resources/configmaps/namespaces/a/bad.json", body: "{" };
    const opened = await open(await tarGz([bad, ...veleroEntries()]));
    const error = await rejectsWithCode(linesOf(opened), "ARK_BACKUP_DAMAGED");
    assert.match(error.message, /configmaps a\/bad/);
    const damaged: string[] = [];
    const rest = opened.entries(
      () => true,
      signal,
      (line) => void damaged.push(line.name),
    );
    assert.equal((await entriesOf(rest)).length, 5);
    assert.deepEqual(damaged, ["bad"]);
  });
});
