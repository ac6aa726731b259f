import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { backupKeys, nameRecordKey } from "../../../src/format/keys.ts";
import { encodeResults } from "../../../src/format/results.ts";
import type { ErrorCode } from "../../../src/lib/errors.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { kindOf } from "../../support/kinds.ts";
import { collect } from "../../support/store-testing.ts";
import { type StoredKind, storeBackup } from "../../support/stored-backup.ts";
import { storeVeleroBackup, veleroEntries } from "../../support/velero-backup.ts";
import { freshHome, goneOwner, hereOwner, recordOf } from "./fresh-home.ts";

const widgets: StoredKind = {
  kind: kindOf("widgets.demo.example", { kind: "Widget" }),
  objects: [{ namespace: "shop", name: "w" }],
};
const definitions: StoredKind = {
  kind: kindOf("customresourcedefinitions.apiextensions.k8s.io", {
    kind: "CustomResourceDefinition",
    cluster: true,
  }),
  objects: [
    {
      name: "widgets.demo.example",
      bytes: Buffer.from(
        JSON.stringify({
          kind: "CustomResourceDefinition",
          apiVersion: "apiextensions.k8s.io/v1",
          metadata: { name: "widgets.demo.example" },
          spec: { names: { singular: "wdgt", shortNames: ["wd"] } },
        }),
      ),
    },
  ],
};

describe("backup ls and backup cat name kinds as kubectl does", () => {
  const signal = new AbortController().signal;
  const { store, run } = freshHome();
  before(() => storeBackup(store, { name: "b" }));

  for (const kind of ["configmaps", "ConfigMap", "configmap", "cm"]) {
    it(`takes ${kind}`, async () => {
      const { status, out } = await run("backup", "ls", "b", kind, "-o", "name");
      assert.equal(status, 0);
      assert.deepEqual(out.trim().split("\n"), [
        "configmaps/shop/settings",
        "configmaps/shop/theme",
        "configmaps/web/settings",
      ]);
      const object = await run("backup", "cat", "b", `${kind}/shop/theme`);
      assert.equal(object.status, 0, object.err);
      assert.equal(JSON.parse(object.out).metadata.name, "theme");
    });
  }

  it("refuses a kind that the backup has not, and names those it has, the closest first", async () => {
    for (const line of [
      ["ls", "b", "configmapz", "-o", "json"],
      ["cat", "b", "configmapz/shop/theme"],
    ]) {
      const { status, out, err } = await run("backup", ...line);
      assert.deepEqual([status, out], [2, ""]);
      assert.match(
        err,
        /has no object of kind "configmapz"\n.*it has configmaps, clusterroles\.rbac/,
      );
    }
  });

  it("says how to write a custom kind of which only the plural is known", async () => {
    await storeBackup(store, { name: "custom", kinds: [widgets] });
    const { status, err } = await run("backup", "ls", "custom", "wd");
    assert.equal(status, 2);
    assert.match(err, /it has widgets\.demo\.example; write the kind as it stands here/);
  });

  for (const [whose, put] of [
    [
      "our manifest",
      () =>
        storeBackup(store, {
          name: "short",
          kinds: [widgets],
          alterManifest: (manifest) => ({
            ...manifest,
            kinds: manifest.kinds.map((kind) => ({ ...kind, names: ["wdgt", "wd"] })),
          }),
        }),
    ],
    [
      "a definition in the backup",
      () => storeBackup(store, { name: "short", kinds: [definitions, widgets] }),
    ],
    [
      "a definition in a backup of Velero's",
      () =>
        storeVeleroBackup(store, { name: "short", entries: veleroEntries([definitions, widgets]) }),
    ],
  ] as const) {
    it(`takes the names of a custom kind that stand in ${whose}`, async () => {
      for await (const entry of store.list("backups/short/", { signal })) {
        await store.remove(entry.key, { signal });
      }
      await put();
      for (const kind of ["wd", "wdgt", "wd.demo.example", "Widget"]) {
        const { status, out, err } = await run("backup", "ls", "short", kind, "-o", "name");
        assert.equal(status, 0, err);
        assert.equal(out, "widgets.demo.example/shop/w\n");
        const object = await run("backup", "cat", "short", `${kind}/shop/w`);
        assert.equal(object.status, 0, object.err);
        assert.equal(JSON.parse(object.out).kind, "Widget");
      }
    });
  }

  it("refuses namespaces that the backup has not, and names those it has", async () => {
    const { status, out, err } = await run("backup", "ls", "b", "--include-namespaces", "we");
    assert.deepEqual([status, out], [2, ""]);
    assert.match(err, /no object in namespace "we"\n.*it has web, shop/);
  });

  it("answers an empty list where kind and namespace are there, and not together", async () => {
    const line = ["backup", "ls", "b", "clusterroles", "--include-namespaces", "shop"];
    const { status, out, err } = await run(...line, "-o", "json");
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(out), { backup: "b", objects: [] });
    assert.match(err, /no object matches/);
  });

  it("fails with 1 for an object that is not there", async () => {
    const { status, err } = await run("backup", "cat", "b", "cm/shop/nothing");
    assert.equal(status, 1);
    assert.match(err, /backup ls b -o name lists[\s\S]*ARK_OBJECT_NOT_FOUND/);
  });

  for (const [typed, meant] of [
    ["cm/theme", /did you mean configmaps\/shop\/theme\?/],
    ["cm/web/theme", /did you mean configmaps\/shop\/theme\?/],
    ["cm/shop/setings", /did you mean configmaps\/shop\/settings or configmaps\/web\/settings\?/],
  ] as const) {
    it(`names what was meant by ${typed}`, async () => {
      const { status, err } = await run("backup", "cat", "b", typed);
      assert.equal(status, 1);
      assert.match(err, meant);
    });
  }
});

describe("a backup whose small files are damaged", () => {
  const signal = new AbortController().signal;

  for (const [file, text] of [
    ["seal", "{"],
    ["manifest", "{}"],
  ] as const) {
    it(`is refused with advice where its ${file} cannot be read`, async () => {
      const { store, run } = freshHome();
      await storeBackup(store, { name: "b" });
      await store.put(backupKeys("b")[file], Buffer.from(text), { signal });
      const { status, err } = await run("backup", "describe", "b");
      assert.equal(status, 1);
      assert.match(err, /do +see all that is damaged with: ark-ts backup verify b\n/);
    });
  }

  it("says after a verify what can be saved, whichever of them is damaged", async () => {
    const { store, run } = freshHome();
    await storeBackup(store, { name: "b" });
    const keys = backupKeys("b");
    const salvage = async (): Promise<string> => {
      const { out } = await run("backup", "verify", "b");
      return /^ {2}salvage +(.*)$/m.exec(out)?.[1] ?? "";
    };
    const all =
      "restore what its archive holds all the same with: ark-ts restore create --from-backup b --allow-damaged";
    const index = await collect(await store.get(keys.index, { signal }));
    await store.remove(keys.index, { signal });
    const { out } = await run("backup", "verify", "b");
    assert.match(out, /unchecked objects against the index/);
    assert.equal(await salvage(), all);
    await store.put(keys.index, index, { signal });
    const manifest = await collect(await store.get(keys.manifest, { signal }));
    await store.remove(keys.manifest, { signal });
    assert.equal(await salvage(), all);
    await store.put(keys.manifest, manifest, { signal });
    const seal = await collect(await store.get(keys.seal, { signal }));
    await store.put(keys.seal, Buffer.from(`${seal.toString()} `), { signal });
    assert.equal(await salvage(), all);
    await store.put(keys.seal, Buffer.from("{"), { signal });
    assert.equal(await salvage(), all);
    await store.remove(keys.manifest, { signal });
    assert.match(await salvage(), /^nothing of it can be restored: nothing that is left says/);
  });

  it("says after a verify without archive that it is missing, and counts no object as checked", async () => {
    const { store, run } = freshHome();
    await storeBackup(store, { name: "b" });
    await store.remove(backupKeys("b").archive, { signal });
    const { out } = await run("backup", "verify", "b");
    assert.match(out, /checked +0 objects/);
    assert.match(out, /damaged +b\.tar\.gz: it is missing\n/);
    assert.match(out, /configmaps shop\/\S+: its archive is missing/);
    assert.match(out, /salvage +nothing of it can be restored: its archive is missing/);
    assert.doesNotMatch(out, /ends early|end marker/);
  });

  it("gives its archive to backup download --allow-damaged, and says what is damaged", async () => {
    const { store, run } = freshHome();
    await storeBackup(store, { name: "b" });
    const archive = await collect(await store.get(backupKeys("b").archive, { signal }));
    await store.put(backupKeys("b").seal, Buffer.from("{"), { signal });
    const refused = await run("backup", "download", "b", "-o", "-");
    assert.equal(refused.status, 1);
    const fetched = await run("backup", "download", "b", "-o", "-", "--allow-damaged");
    assert.equal(fetched.status, 3);
    assert.match(fetched.err, /damaged: velero-backup\.json of backup "b" cannot be read/);
    assert.equal(fetched.out.length > 0, archive.length > 0);
  });
});

describe("ark-ts backup download", () => {
  it("says what the file system answered, and not under which name it was asked", async () => {
    const { store, run } = freshHome();
    await storeBackup(store, { name: "b" });
    const { status, err } = await run("backup", "download", "b", "-o", "no/such/folder/b.tgz");
    assert.equal(status, 2);
    assert.match(err, /the file "\S+\/no\/such\/folder\/b\.tgz" cannot be written\n/);
    assert.match(
      err,
      /answer +ENOENT: no such file or directory\n +do +name another place with --out/,
    );
    assert.doesNotMatch(err, /\.part/);
  });
});

describe("commands that a text suggests", () => {
  it("name the location of the line that was typed, and no other", async () => {
    const { store, run } = freshHome();
    await storeBackup(store, { name: "b" });
    const { display } = store;
    for (const flag of [["--store", display], [`--storage-location=${display}`]]) {
      const unknown = await run("backup", "describe", "nothing", ...flag);
      assert.ok(unknown.err.includes(`with: ark-ts backup get --store ${display}\n`), unknown.err);
    }
    await store.remove(backupKeys("b").index, { signal: new AbortController().signal });
    const damaged = await run("backup", "ls", "b", "--store", display);
    assert.ok(damaged.err.includes(`ark-ts backup verify --store ${display} b`), damaged.err);
    const own = await run("backup", "describe", "nothing");
    assert.match(own.err, /with: ark-ts backup get\n/);
  });
});

describe("what a run left that sealed no backup", () => {
  const signal = new AbortController().signal;

  async function leaveRun(store: ObjectStore, name: string, code: ErrorCode): Promise<void> {
    const results = await encodeResults([{ severity: "error", code, message: "no room is left" }]);
    await store.put(backupKeys(name).results, results, { signal });
    await store.put(backupKeys(name).logs, gzipSync("it went wrong\n"), { signal });
  }

  it("is described, logged and listed with its errors", async () => {
    const { store, run } = freshHome();
    await leaveRun(store, "bad", "ARK_STORE_FULL");
    await leaveRun(store, "off", "ARK_CANCELLED");
    const described = await run("backup", "describe", "bad");
    assert.equal(described.status, 0, described.err);
    assert.match(described.out, /Phase: +Failed\n[\s\S]*no room is left[\s\S]*Started:/);
    const json = JSON.parse((await run("backup", "describe", "off", "-o", "json")).out);
    assert.equal(json.phase, "Cancelled");
    assert.match(json.errors.velero[0], /no room is left/);
    assert.equal((await run("backup", "logs", "bad")).out, "it went wrong\n");
    const listed = JSON.parse((await run("backup", "get", "-o", "json")).out);
    assert.deepEqual(
      listed.interrupted.map(({ name, phase, ended }: Record<string, unknown>) => [
        name,
        phase,
        ended,
      ]),
      [
        ["bad", "Failed", true],
        ["off", "Cancelled", true],
      ],
    );
  });

  it("is InProgress while the process of its owner lives here", async () => {
    const { store, run } = freshHome();
    const record = recordOf(hereOwner, { includedNamespaces: ["shop"] });
    await store.put(nameRecordKey("now", 1), record, { signal });
    const { out } = await run("backup", "get");
    assert.match(out, /^now +InProgress /m);
    assert.doesNotMatch(out, /discard/);
    assert.match((await run("backup", "discard", "now", "--confirm")).err, /is being written by/);
    const described = await run("backup", "describe", "now");
    const logs = await run("backup", "logs", "now");
    assert.equal(logs.status, 1);
    assert.match(logs.err, /no log yet: its run goes on[\s\S]*describe now/);
    assert.match(described.out, /InProgress[\s\S]*process \d+ on [\s\S]*"shop"/);
  });

  it("is Interrupted when the process of its owner is gone from here", async () => {
    const { store, run } = freshHome();
    await store.put(nameRecordKey("dead", 1), recordOf(goneOwner, {}), { signal });
    const { out } = await run("backup", "describe", "dead");
    assert.match(out, /Interrupted\n.*its process is gone; the same command continues it/);
    assert.match((await run("backup", "logs", "dead")).err, /its run ended before it wrote one\n/);
  });

  it("of others than a run is named as such, and not discarded", async () => {
    const { store, run } = freshHome();
    await store.put("backups/odd/photo.jpg", Buffer.from("x"), { signal });
    const { status, out } = await run("backup", "get");
    assert.equal(status, 1);
    assert.match(out, /^odd +Unreadable[\s\S]*holds files that are no backup's/m);
    for (const verb of ["discard", "delete"]) {
      const refused = await run("backup", verb, "odd", "--confirm");
      assert.equal(refused.status, 1);
      assert.match(refused.err, /ARK_BACKUP_FOREIGN/);
    }
    assert.ok((await store.head("backups/odd/photo.jpg", { signal })) !== undefined);
  });

  it("can be discarded though the record of who wrote it cannot be read", async () => {
    const { store, run } = freshHome();
    await store.put(nameRecordKey("odd", 1), Buffer.from("?"), { signal });
    assert.match((await run("backup", "describe", "odd")).out, /Interrupted/);
    const discarded = await run("backup", "discard", "odd", "--confirm");
    assert.equal(discarded.status, 0, discarded.err);
    assert.match((await run("backup", "get")).out, /^no backups/);
  });

  it("is nothing to discard where nothing has the name", async () => {
    const { status, err } = await freshHome().run("backup", "discard", "x", "--confirm");
    assert.equal(status, 1);
    assert.match(err, /nothing is left of a backup "x"[\s\S]*ARK_BACKUP_NOT_FOUND/);
  });
});

describe("a sealed backup whose archive is gone", () => {
  const signal = new AbortController().signal;

  for (const [what, put] of [
    ["ours", storeBackup],
    ["Velero's", storeVeleroBackup],
  ] as const) {
    it(`is damaged, with advice, for cat and download: ${what}`, async () => {
      const { store, run } = freshHome();
      await put(store, { name: "b" });
      await store.remove(backupKeys("b").archive, { signal });
      for (const line of [
        ["cat", "b", "cm/shop/theme"],
        ["download", "b"],
      ]) {
        const { status, out, err } = await run("backup", ...line);
        assert.deepEqual([status, out], [1, ""], err);
        assert.match(err, /missing[\s\S]*ark-ts backup verify b[\s\S]*ARK_BACKUP_DAMAGED/);
      }
    });
  }
});
