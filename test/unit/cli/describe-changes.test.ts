import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { apiVersion, type ResourceKind } from "../../../src/api/resource-kind.ts";
import { backupKeys } from "../../../src/format/keys.ts";
import { kindOf } from "../../support/kinds.ts";
import { configMaps, type StoredKind, storeBackup } from "../../support/stored-backup.ts";
import { storeVeleroBackup } from "../../support/velero-backup.ts";
import { freshHome } from "./fresh-home.ts";

const secrets = kindOf("secrets", { kind: "Secret" });
const signal = new AbortController().signal;

/** `a=1`: an object a with content 1; its resourceVersion counts nothing. */
function stored(kind: ResourceKind, text: string, resourceVersion = "7"): StoredKind {
  const objects = text.split(" ").map((pair) => {
    const [name = "", data] = pair.split("=");
    const metadata = { name, namespace: "shop", uid: `u-${name}`, resourceVersion };
    const object = { kind: kind.kind, apiVersion: apiVersion(kind), metadata, data };
    return { namespace: "shop", name, bytes: Buffer.from(JSON.stringify(object)) };
  });
  return { kind, objects };
}

const at = (minute: number) => ({ startTimestamp: `2026-01-02T03:0${minute}:00Z` });

describe("backup describe tells what changed since the last backup of the same scope", () => {
  it("by counts and names, whatever the order of the kinds, and leaves resourceVersions out", async () => {
    const { store, run } = freshHome();
    const before = [stored(configMaps, "a=1 b=1 c=1 d=1 e=1"), stored(secrets, "s=1")];
    await storeBackup(store, { name: "one", kinds: before, status: at(1) });
    const after = [stored(secrets, "s=1", "9"), stored(configMaps, "b=2 a=1 f=1", "9")];
    await storeBackup(store, { name: "two", kinds: after, status: at(2) });
    const { status, out, err } = await run("backup", "describe", "two");
    assert.equal(status, 0, err);
    assert.match(
      out,
      /^Changes: +since one of 2026-.*: 1 added, 3 removed, 1 changed, 2 unchanged$/m,
    );
    assert.match(
      out,
      /^ {2}configmaps: +1 added, 3 removed, 1 changed\n +\+ shop\/f\n +- shop\/c\n +- shop\/d\n +- shop\/e\n +~ shop\/b\n/m,
    );
    assert.doesNotMatch(out, /secrets:/);
    const json = JSON.parse((await run("backup", "describe", "two", "-o", "json")).out);
    assert.deepEqual(json.changes, {
      backup: "one",
      startedAt: "2026-01-02T03:01:00Z",
      added: 1,
      removed: 3,
      changed: 1,
      unchanged: 2,
      kinds: [
        {
          resource: "configmaps",
          added: { count: 1, names: ["shop/f"] },
          removed: { count: 3, names: ["shop/c", "shop/d", "shop/e"] },
          changed: { count: 1, names: ["shop/b"] },
          unchanged: 1,
        },
      ],
    });
  });

  it("names few objects of a kind, more with --details, and counts the rest", async () => {
    const { store, run } = freshHome();
    await storeBackup(store, { name: "one", kinds: [stored(configMaps, "z=1")], status: at(1) });
    const many = Array.from({ length: 12 }, (_, index) => `n${index}=1`).join(" ");
    await storeBackup(store, { name: "two", kinds: [stored(configMaps, many)], status: at(2) });
    const few = await run("backup", "describe", "two");
    assert.match(few.out, /\+ shop\/n2\n +\+ 9 more\n +- shop\/z\n/);
    const all = await run("backup", "describe", "two", "--details");
    assert.match(all.out, /\+ shop\/n11\n +- shop\/z\n/);
  });

  it("takes the newest earlier one of the same cluster, and no later or foreign one", async () => {
    const { store, run } = freshHome();
    const kinds = [stored(configMaps, "a=1")];
    await storeBackup(store, { name: "old", kinds, status: at(1) });
    await storeBackup(store, { name: "newer", kinds, status: at(2) });
    await storeBackup(store, { name: "foreign", kinds, status: at(3), clusterId: "another" });
    await storeBackup(store, { name: "this", kinds, status: at(4) });
    await storeBackup(store, { name: "later", kinds, status: at(5) });
    const { out } = await run("backup", "describe", "this");
    assert.match(out, /^Changes: +since newer of .*: 1 unchanged$/m);
    assert.match(
      (await run("backup", "describe", "foreign")).out,
      /^Changes: +nothing to compare/m,
    );
    const json = JSON.parse((await run("backup", "describe", "old", "-o", "json")).out);
    assert.equal(json.changes, null);
  });

  it("says that a kind was not listed, instead of calling its objects gone only", async () => {
    const { store, run } = freshHome();
    const both = [stored(configMaps, "a=1"), stored(secrets, "s=1")];
    await storeBackup(store, { name: "one", kinds: both, status: at(1) });
    await storeBackup(store, { name: "two", kinds: [stored(configMaps, "a=1")], status: at(2) });
    const { out } = await run("backup", "describe", "two");
    assert.match(
      out,
      /secrets: +1 removed \(not listed in this backup: its objects need not be gone\)/,
    );
  });

  it("describes a backup whose predecessor has lost its index, and says so", async () => {
    const { store, run } = freshHome();
    const kinds = [stored(configMaps, "a=1")];
    await storeBackup(store, { name: "one", kinds, status: at(1) });
    await storeBackup(store, { name: "two", kinds, status: at(2) });
    await store.remove(backupKeys("one").index, { signal });
    const { status, out } = await run("backup", "describe", "two");
    assert.equal(status, 0);
    assert.match(
      out,
      /^Changes: +not known since one of .*: backup "one" is damaged: its index is missing$/m,
    );
  });

  it("reads no archive", async () => {
    const { store, run } = freshHome();
    const kinds = [stored(configMaps, "a=1")];
    for (const [name, minute] of [
      ["one", 1],
      ["two", 2],
    ] as const) {
      await storeBackup(store, { name, kinds, status: at(minute) });
      await store.remove(backupKeys(name).archive, { signal });
    }
    const { status, out } = await run("backup", "describe", "two");
    assert.equal(status, 0);
    assert.match(out, /1 unchanged$/m);
  });
});

describe("backup diff", () => {
  it("compares any two backups, and says that they are of two clusters", async () => {
    const { store, run } = freshHome();
    await storeBackup(store, {
      name: "one",
      kinds: [stored(configMaps, "a=1 b=1")],
      status: at(2),
    });
    const kinds = [stored(configMaps, "a=2 c=1")];
    await storeBackup(store, { name: "two", kinds, status: at(1), clusterId: "another" });
    const { status, out, err } = await run("backup", "diff", "one", "two");
    assert.equal(status, 0, err);
    assert.equal(
      out,
      [
        "from one to two: 1 added, 1 removed, 1 changed, 0 unchanged",
        "note: they are of two clusters",
        "  configmaps:  1 added, 1 removed, 1 changed",
        "               + shop/c",
        "               - shop/b",
        "               ~ shop/a",
        "",
      ].join("\n"),
    );
    const json = JSON.parse((await run("backup", "diff", "two", "one", "-o", "json")).out);
    assert.deepEqual(
      [json.from, json.to, json.kinds[0].added],
      ["two", "one", { count: 1, names: ["shop/b"] }],
    );
  });

  it("refuses a backup of another tool, which has no index", async () => {
    const { store, run } = freshHome();
    await storeBackup(store, { name: "ours" });
    await storeVeleroBackup(store, { name: "theirs" });
    const { status, err } = await run("backup", "diff", "theirs", "ours");
    assert.equal(status, 1);
    assert.match(err, /cannot compare backup "theirs": it was not written by ark-ts/);
    assert.match(err, /ARK_BACKUP_FORMAT/);
  });
});

describe("backup describe says whether a backup is one cut", () => {
  it("names a kind that is not, how far it is off, and what moved", async () => {
    const { store, run } = freshHome();
    const late = stored(secrets, "early=1");
    const moved = stored(secrets, "late=1", "12");
    const kinds = [
      stored(configMaps, "a=1"),
      { kind: secrets, objects: [...late.objects, ...moved.objects] },
    ];
    await storeBackup(store, {
      name: "b",
      kinds,
      alterManifest: (manifest) => ({
        ...manifest,
        kinds: manifest.kinds.map(({ cut, ...kind }) =>
          kind.resource === "configmaps"
            ? { ...kind, cut: 0 }
            : {
                ...kind,
                oneRevision: false,
                resourceVersion: "1207",
                reason: "its continue token expired: later pages are of a later revision",
              },
        ),
      }),
    });
    const { out } = await run("backup", "describe", "b");
    assert.match(out, /not one cut: 1 kind outside the first\n/);
    assert.match(
      out,
      /secrets: +its continue token expired: .*; at resourceVersion 1207, 1,200 after the first cut\n +1 of 2 objects made or changed since: shop\/late; what was deleted in between is not known\n/,
    );
    const { cut } = JSON.parse((await run("backup", "describe", "b", "-o", "json")).out);
    assert.equal(cut.oneCut, false);
    assert.equal(cut.outside[0].revisionsAfterCut, "1200");
    assert.deepEqual(cut.outside[0].moved, { count: 1, names: ["shop/late"] });
  });

  it("compares no revision that another store of the API server counts", async () => {
    const { store, run } = freshHome();
    const reason = "its revisions are counted elsewhere (99, not in 7 to 8)";
    await storeBackup(store, {
      name: "b",
      kinds: [stored(configMaps, "a=1"), stored(secrets, "s=1", "98")],
      alterManifest: (manifest) => ({
        ...manifest,
        kinds: manifest.kinds.map(({ cut, ...kind }) =>
          kind.resource === "configmaps"
            ? { ...kind, cut: 0 }
            : { ...kind, resourceVersion: "99", reason },
        ),
      }),
    });
    const { out } = await run("backup", "describe", "b");
    assert.match(
      out,
      /secrets: +its revisions are counted elsewhere .*; at resourceVersion 99, which cannot be compared\n/,
    );
  });

  it("says so when it is one", async () => {
    const { store, run } = freshHome();
    await storeBackup(store, { name: "b" });
    const { out } = await run("backup", "describe", "b");
    assert.match(out, /^Cut: +one revision \(resourceVersion 7\) over all 2, taken 2026-/m);
    assert.doesNotMatch(out, /not one cut/);
    const { cut } = JSON.parse((await run("backup", "describe", "b", "-o", "json")).out);
    assert.deepEqual(cut, { oneCut: true, outside: [] });
  });
});
