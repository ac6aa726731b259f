import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { verifyBackup } from "../../../src/catalog/verify-backup.ts";
import type { VerifyLevel, VerifyReport } from "../../../src/catalog/verify-report.ts";
import { backupKeys } from "../../../src/format/keys.ts";
import { objectBytes } from "../../support/kube-objects.ts";
import { createMemoryStore, type MemoryStore } from "../../support/memory-store.ts";
import { rejectsWithCode } from "../../support/store-testing.ts";
import { configMaps, type StoredBackupOptions, storeBackup } from "../../support/stored-backup.ts";
import { storeVeleroBackup, tarGz, veleroEntries } from "../../support/velero-backup.ts";

const signal = new AbortController().signal;
const keys = backupKeys("b");

const verify = (store: MemoryStore, level: VerifyLevel = "objects"): Promise<VerifyReport> =>
  verifyBackup(store, "b", { level, signal });

async function stored(options: Partial<StoredBackupOptions> = {}): Promise<MemoryStore> {
  const store = createMemoryStore();
  await storeBackup(store, { name: "b", ...options });
  return store;
}

describe("verifyBackup() of a backup by ark-ts", () => {
  it("finds nothing wrong with a whole one, and says what it checked", async () => {
    const store = await stored();
    for (const level of ["bytes", "objects"] as const) {
      const report = await verify(store, level);
      assert.deepEqual(report.damages, []);
      assert.equal(report.ok, true);
      assert.equal(report.hasManifest, true);
      assert.deepEqual(report.notChecked, []);
      assert.equal(report.checked.objects, 5);
      // Seal, manifest, four empty lists, results, index, archive.
      assert.equal(report.checked.files, 9);
    }
  });

  it("says that level index reads no archive, and reads none", async () => {
    const store = await stored();
    store.bytes(keys.archive)[300]! ^= 1;
    const report = await verify(store, "index");
    assert.equal(report.ok, true);
    assert.equal(report.notChecked.length, 1);
    await store.put(keys.archive, Buffer.from("short"), { signal });
    assert.match((await verify(store, "index")).damages[0]?.problem ?? "", /5 bytes instead of/);
  });

  it("notices any flipped byte of any file", async () => {
    const store = await stored();
    for (const key of store.keys()) {
      const bytes = store.bytes(key);
      for (let at = 0; at < bytes.length; at += Math.max(1, Math.floor(bytes.length / 40))) {
        bytes[at]! ^= 0x40;
        const report = await verify(store);
        assert.equal(report.ok, false, `byte ${at} of ${key} was flipped`);
        const file = key.slice(keys.folder.length);
        const paired = ["velero-backup.json", "ark-manifest.json"];
        const blamed = report.damages.some((damage) =>
          paired.includes(file) ? paired.includes(damage.file) : damage.file === file,
        );
        assert.ok(blamed, `${file} is blamed for its byte ${at}`);
        bytes[at]! ^= 0x40;
      }
    }
    assert.equal((await verify(store)).ok, true);
  });

  it("notices a missing file, whichever it is", async () => {
    for (const key of (await stored()).keys()) {
      if (key === keys.seal) continue;
      const store = await stored();
      await store.remove(key, { signal });
      const report = await verify(store);
      assert.equal(report.ok, false, key);
      assert.ok(
        report.damages.some((damage) => keys.folder + damage.file === key),
        key,
      );
    }
  });

  it("names each object of a damaged member, and the part", async () => {
    const store = createMemoryStore();
    const manifest = await storeBackup(store, { name: "b" });
    const member = manifest.archive.members[2]!;
    store.bytes(keys.archive)[member.offset + 40]! ^= 1;
    const report = await verify(store, "bytes");
    const objects = report.damages.flatMap((damage) => damage.object ?? []);
    assert.deepEqual(objects, ["configmaps shop/settings", "configmaps shop/theme"]);
    assert.ok(report.damages.some((damage) => /^part \d+ .* differs/.test(damage.problem)));
    assert.equal(report.checked.objects, 5);
  });

  it("names every object behind the end of an archive that is cut short", async () => {
    const store = createMemoryStore();
    const manifest = await storeBackup(store, { name: "b" });
    const cut = store.bytes(keys.archive).slice(0, manifest.archive.members[2]!.offset + 5);
    await store.put(keys.archive, cut, { signal });
    const report = await verify(store, "bytes");
    assert.equal(report.damages.filter((damage) => damage.object !== undefined).length, 3);
  });

  it("notices an object that the index lacks, in an archive whose hashes are right", async () => {
    const store = await stored({
      alterLine: (line) => (line.name === "theme" ? undefined : line),
      alterManifest: (manifest) => ({
        ...manifest,
        kinds: manifest.kinds.map((kind) =>
          kind.resource === "configmaps" ? { ...kind, count: 2 } : kind,
        ),
      }),
    });
    const problems = (await verify(store)).damages.map((damage) => damage.problem);
    assert.deepEqual(problems, [
      '"resources/configmaps/namespaces/shop/theme.json" is not in the index',
    ]);
  });

  it("notices a line that calls an object by another's name", async () => {
    const store = await stored({
      alterLine: (line) => (line.name === "theme" ? { ...line, name: "themes" } : line),
    });
    for (const level of ["bytes", "objects"] as const) {
      const [damage] = (await verify(store, level)).damages;
      assert.equal(damage?.object, "configmaps shop/themes");
    }
  });

  it("notices at level objects that an object is not what its path says", async () => {
    const bytes = objectBytes(configMaps, "shop", "other");
    const kinds = [{ kind: configMaps, objects: [{ namespace: "shop", name: "theme", bytes }] }];
    const store = await stored({ kinds });
    assert.equal((await verify(store, "bytes")).ok, true);
    const [damage] = (await verify(store, "objects")).damages;
    assert.equal(damage?.object, "configmaps shop/theme");
    assert.match(damage?.problem ?? "", /its name is "other"/);
  });

  it("notices counts of kinds that the index does not bear out", async () => {
    const store = await stored({
      alterManifest: (manifest) => ({
        ...manifest,
        kinds: manifest.kinds.map((kind, at) => ({ ...kind, count: at === 0 ? 1 : 4 })),
      }),
    });
    const problems = (await verify(store)).damages.map((damage) => damage.problem);
    assert.ok(problems.some((problem) => problem === "it has 3 configmaps, the manifest 4"));
  });

  it("reads the share that was drawn, says which, and all of it over as many seeds", async () => {
    const store = await stored({ memberObjects: 1 });
    let objects = 0;
    const slices = new Set<number>();
    for (const seed of [1, 2, 3, 4]) {
      const sample = { percent: 25, seed };
      const report = await verifyBackup(store, "b", { level: "objects", sample, signal });
      assert.equal(report.ok, true);
      assert.deepEqual([report.sample?.slices, report.sample?.ofMembers], [4, 7]);
      assert.match(report.notChecked[0] ?? "", /of 7 members .*: slice \d of 4 was drawn/);
      slices.add(report.sample!.slice);
      objects += report.checked.objects;
    }
    assert.deepEqual([slices.size, objects], [4, 5]);
  });

  it("finds damage with exactly one of the seeds", async () => {
    const store = createMemoryStore();
    const manifest = await storeBackup(store, { name: "b", memberObjects: 1 });
    store.bytes(keys.archive)[manifest.archive.members[3]!.offset + 60]! ^= 1;
    const found: boolean[] = [];
    for (const seed of [1, 2, 3, 4, 5, 6, 7]) {
      const sample = { percent: 1, seed };
      const report = await verifyBackup(store, "b", { level: "bytes", sample, signal });
      assert.equal(report.sample?.members, 1);
      found.push(!report.ok);
    }
    assert.equal(found.filter((one) => one).length, 1);
  });

  it("tells which objects of a damaged member are still readable", async () => {
    const store = createMemoryStore();
    const kinds = [
      {
        kind: configMaps,
        objects: ["a", "b", "c", "d"].map((name) => ({
          namespace: "shop",
          name,
          bytes: objectBytes(configMaps, "shop", name, randomBytes(600).toString("base64")),
        })),
      },
    ];
    const manifest = await storeBackup(store, { name: "b", kinds, memberObjects: 4 });
    const member = manifest.archive.members[1]!;
    await store.put(
      keys.archive,
      store.bytes(keys.archive).slice(0, member.offset + Math.floor(member.sizeBytes * 0.7)),
      { signal },
    );
    const report = await verify(store, "objects");
    const state = (name: string) =>
      report.damages.find(({ object }) => object === `configmaps shop/${name}`)?.stillReadable;
    assert.deepEqual(["a", "b", "c", "d"].map(state), [true, true, false, false]);
    assert.deepEqual([report.objectsLost, report.objectsStillReadable], [2, 2]);
  });

  it("reports its progress and rejects with the reason of its signal", async () => {
    const store = await stored();
    const seen: number[] = [];
    const onProgress = ({ objects }: { readonly objects: number }) => void seen.push(objects);
    await verifyBackup(store, "b", { level: "bytes", signal, onProgress });
    assert.equal(seen.at(-1), 5);
    const aborted = AbortSignal.abort(new Error("stopped"));
    await assert.rejects(verifyBackup(store, "b", { level: "bytes", signal: aborted }), /stopped/);
  });

  it("lets a failing store fail: that is no damage", async () => {
    const store = await stored();
    store.faults.add(({ operation, key }) =>
      operation === "get" && key === keys.archive ? { kind: "truncate", bytes: 100 } : undefined,
    );
    await rejectsWithCode(verify(store), "ARK_STORE_FAILED");
  });

  it("rejects a backup that is not there", async () => {
    await rejectsWithCode(verify(createMemoryStore()), "ARK_BACKUP_NOT_FOUND");
  });
});

describe("verifyBackup() of a backup by Velero", () => {
  it("makes the checks that can be made and names those that cannot", async () => {
    const store = createMemoryStore();
    await storeVeleroBackup(store, { name: "b" });
    const report = await verify(store);
    assert.deepEqual(report.damages, []);
    assert.equal(report.ok, true);
    assert.equal(report.hasManifest, false);
    assert.equal(report.checked.objects, 5);
    assert.match(report.notChecked.join("\n"), /hashes/);
    assert.deepEqual(report.notes, []);
  });

  it("names objects that are not what their path says, or do not parse", async () => {
    const store = createMemoryStore();
    const entries = [
      ...veleroEntries(),
      {
        name: "resources/configmaps/namespaces/shop/wrong.json",
        body: objectBytes(configMaps, "web", "wrong"),
      },
      { name: "resources/configmaps/namespaces/shop/bad.json", body: "{" },
    ];
    await storeVeleroBackup(store, { name: "b", entries });
    const report = await verify(store);
    assert.deepEqual(
      report.damages.map((damage) => damage.object),
      ["configmaps shop/wrong", "configmaps shop/bad"],
    );
  });

  it("names a side file that cannot be read, and a broken archive", async () => {
    const store = createMemoryStore();
    await storeVeleroBackup(store, {
      name: "b",
      archive: (await tarGz(veleroEntries())).subarray(0, 300),
    });
    await store.put(keys.volumeInfo, gzipSync("{"), { signal });
    const report = await verify(store);
    assert.deepEqual(
      report.damages.map((damage) => damage.file),
      ["b-volumeinfo.json.gz", "b.tar.gz"],
    );
  });

  it("notes what the resource list names and the archive lacks", async () => {
    const store = createMemoryStore();
    const entries = veleroEntries().filter(({ name }) => !name.endsWith("shop/theme.json"));
    await storeVeleroBackup(store, { name: "b", entries });
    const report = await verify(store);
    assert.equal(report.ok, true);
    assert.match(
      report.notes[0] ?? "",
      /^1 v1\/ConfigMap stand in the resource list .*shop\/theme/,
    );
  });
});
