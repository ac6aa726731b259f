import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { annotations } from "../../src/api/labels.ts";
import { backupKeys } from "../../src/format/keys.ts";
import { decodeManifest } from "../../src/format/manifest-codec.ts";
import { rejectsWithCode } from "../support/store-testing.ts";
import { createRestoreWorld, namespaceNamed, plain, type RestoreWorld } from "./restore-world.ts";

const signal = new AbortController().signal;
const keys = backupKeys("b1");

const objects = [
  namespaceNamed("shop"),
  ...["a", "b", "c", "d"].map((name) =>
    plain("v1", "ConfigMap", `shop/${name}`, { data: { name } }),
  ),
  plain("v1", "Secret", "shop/s", { type: "Opaque", data: { k: "dg==" } }),
];

async function damagedWorld(damage: (world: RestoreWorld) => void | Promise<void>) {
  const world = createRestoreWorld();
  await world.backUp(objects);
  await damage(world);
  return world;
}

const writes = (world: RestoreWorld): number =>
  world.seen.filter(({ method }) => method !== "GET").length;

/** The second ConfigMap member becomes unreadable; there are two objects in each. */
function ruinMember(world: RestoreWorld): void {
  const { members } = decodeManifest(world.store.bytes(keys.manifest), "b1").archive;
  const { offset, sizeBytes } = members.filter(({ resource }) => resource === "configmaps")[1]!;
  world.store.bytes(keys.archive).fill(0xff, offset, offset + sizeBytes);
}

describe("runRestore() of a damaged backup", () => {
  it("refuses before its first write, and names what cannot be read", async () => {
    const world = await damagedWorld(ruinMember);
    const error = await rejectsWithCode(world.restore(), "ARK_BACKUP_DAMAGED");
    assert.match(error.message, /backup "b1" is damaged, 2 objects of it cannot be read; nothing/);
    assert.match(error.answer ?? "", /configmaps shop\/c: .*configmaps shop\/d: /);
    assert.match(error.advice ?? "", /--allow-damaged/);
    assert.equal(writes(world), 0);
    assert.deepEqual(
      world.store.keys().filter((key) => key.startsWith("restores/")),
      [],
    );
  });

  it("with allowDamaged restores what checks out and lists the rest", async () => {
    const world = await damagedWorld(ruinMember);
    const report = await world.restore({}, { allowDamaged: true });
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.deepEqual([report.created, report.failed], [4, 2]);
    assert.deepEqual(
      report.findings.filter(({ severity }) => severity === "error").map(({ name }) => name),
      ["c", "d"],
    );
    assert.equal((await world.live("configmaps", "shop/a"))?.kind, "ConfigMap");
    assert.equal(await world.live("configmaps", "shop/c"), undefined);
    assert.equal((await world.live("secrets", "shop/s"))?.kind, "Secret");
  });

  it("restores the one object that is asked for where its own bytes check out", async () => {
    const one = (place: string) => ({
      ...{ needsItsObjectsOnly: true, name: place.replace("/", "-") },
      annotations: { [annotations.includeObjects]: `configmaps/${place}` },
    });
    const world = await damagedWorld(({ store }) => {
      ruinMember({ store } as RestoreWorld);
      store.bytes(keys.archive)[store.bytes(keys.archive).length - 1]! ^= 1;
    });
    const report = await world.restore({}, one("shop/a"));
    assert.equal(report.created, 2, "the object and its namespace");
    assert.deepEqual(
      new Set(report.findings.map(({ severity, code }) => `${severity} ${code}`)),
      new Set(["warning ARK_BACKUP_DAMAGED"]),
    );
    const error = await rejectsWithCode(world.restore({}, one("shop/c")), "ARK_BACKUP_DAMAGED");
    assert.match(error.message, /1 object of it cannot be read; nothing was restored/);
    const all = { ...one("shop/a"), name: "r3", needsItsObjectsOnly: false };
    const refused = await rejectsWithCode(world.restore({}, all), "ARK_BACKUP_DAMAGED");
    assert.match(refused.message, /is damaged, though every object that is selected can be read; /);
  });

  it("reads no part that holds nothing of the selection", async () => {
    const world = createRestoreWorld();
    const data = randomBytes(3000).toString("base64");
    await world.backUp([
      ...objects,
      plain("v1", "Secret", "shop/large", { type: "Opaque", data: { k: data } }),
      plain("v1", "ServiceAccount", "shop/last"),
    ]);
    const manifest = decodeManifest(world.store.bytes(keys.manifest), "b1");
    const { offset } = manifest.archive.members.find(({ resource }) => resource === "secrets")!;
    // Parts are 400 bytes.
    world.store.bytes(keys.archive)[offset + 1500]! ^= 1;
    const report = await world.restore({ includedResources: ["configmaps"] });
    assert.deepEqual([report.created, report.failed], [5, 0]);
    await rejectsWithCode(world.restore({}, { name: "r2" }), "ARK_BACKUP_DAMAGED");
  });

  for (const [what, key] of [
    ["an index", keys.index],
    ["a manifest", keys.manifest],
  ] as const) {
    it(`with allowDamaged reads the archive by itself where ${what} is damaged`, async () => {
      const world = await damagedWorld(({ store }) => {
        store.bytes(key)[30]! ^= 4;
      });
      await rejectsWithCode(world.restore(), "ARK_BACKUP_DAMAGED");
      assert.equal(writes(world), 0);
      const report = await world.restore({}, { allowDamaged: true });
      assert.deepEqual([report.created, report.failed], [6, 0]);
      assert.equal(report.restore.status.phase, "PartiallyFailed");
      const file = key.slice(keys.folder.length);
      assert.match(report.findings[0]?.message ?? "", new RegExp(`^${file} of the backup is dam`));
    });
  }

  for (const [what, damage] of [
    [
      "says nothing",
      ({ store }: RestoreWorld) => store.put(keys.seal, Buffer.from("{"), { signal }),
    ],
    ["is missing", ({ store }: RestoreWorld) => store.remove(keys.seal, { signal })],
  ] as const) {
    it(`with allowDamaged goes by the manifest where the seal ${what}`, async () => {
      const world = await damagedWorld(async (ruined) => void (await damage(ruined)));
      await assert.rejects(world.restore());
      assert.equal(writes(world), 0);
      const report = await world.restore({}, { allowDamaged: true });
      assert.deepEqual([report.created, report.failed], [6, 0]);
      assert.equal(report.restore.status.phase, "PartiallyFailed");
      assert.match(report.findings[0]?.message ?? "", /^velero-backup\.json of the backup is dam/);
      await world.store.put(keys.manifest, Buffer.from("{"), { signal });
      const again = { name: "r2", allowDamaged: true };
      await assert.rejects(world.restore({}, again), ({ code }) =>
        ["ARK_BACKUP_FORMAT", "ARK_BACKUP_DAMAGED"].includes(code),
      );
    });
  }

  it("with allowDamaged warns of a damaged file that no object needs", async () => {
    const world = await damagedWorld(({ store }) =>
      store.put(keys.volumeInfo, gzipSync("nonsense"), { signal }),
    );
    const error = await rejectsWithCode(world.restore(), "ARK_BACKUP_DAMAGED");
    assert.match(error.answer ?? "", /b1-volumeinfo\.json\.gz/);
    const report = await world.restore({}, { allowDamaged: true });
    assert.deepEqual([report.created, report.failed], [6, 0]);
    assert.equal(report.restore.status.phase, "Completed");
    assert.deepEqual(
      report.findings.map(({ severity }) => severity),
      ["warning"],
    );
  });

  it("refuses a missing archive in every way, and restores nothing of it", async () => {
    const world = await damagedWorld(async ({ store }) => {
      await store.remove(keys.archive, { signal });
    });
    const error = await rejectsWithCode(world.restore(), "ARK_BACKUP_DAMAGED");
    assert.match(error.answer ?? "", /b1\.tar\.gz: it is missing/);
    const asWell = await rejectsWithCode(
      world.restore({}, { allowDamaged: true }),
      "ARK_BACKUP_DAMAGED",
    );
    assert.match(asWell.message, /the archive of backup "b1" is missing/);
    assert.deepEqual(
      world.seen.filter(({ method }) => method === "POST"),
      [],
    );
  });
});
