import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { createDirectoryStore } from "../../../plugins/object-store-directory/store.ts";
import { createSystemClock } from "../../../src/adapters/clock/system-clock.ts";
import type { Finding } from "../../../src/api/results.ts";
import type { RunOwner } from "../../../src/catalog/run-owner.ts";
import { runCommandLine } from "../../../src/cli/main.ts";
import { runOwner } from "../../../src/cli/run-owner.ts";
import {
  backupKeys,
  nameRecordKey,
  restoreKeys,
  restoreRecordKey,
} from "../../../src/format/keys.ts";
import { encodeResults } from "../../../src/format/results.ts";
import type { ErrorCode } from "../../../src/lib/errors.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { kindOf } from "../../support/kinds.ts";
import { type StoredKind, storeBackup } from "../../support/stored-backup.ts";
import { storeVeleroBackup, veleroEntries } from "../../support/velero-backup.ts";
import { fakeEnvironment } from "./fake-environment.ts";

const owner = await runOwner(process.pid);
const root = mkdtempSync(join(tmpdir(), "ark-read-"));
after(() => rmSync(root, { recursive: true, force: true }));

interface Home {
  readonly store: ObjectStore;
  run(...argv: string[]): Promise<{ status: number; out: string; err: string }>;
}

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

/** A home whose default location holds what the test puts there. */
function freshHome(): Home {
  const home = mkdtempSync(join(root, "home-"));
  const folder = join(home, ".local/share/ark-ts");
  const store = createDirectoryStore({ root: folder, display: folder, clock: createSystemClock() });
  return {
    store,
    async run(...argv) {
      const environment = fakeEnvironment(home, [...argv, "--mode=standalone"]);
      const status = await runCommandLine(environment);
      return { status, out: environment.stdout.text, err: environment.stderr.text };
    },
  };
}

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
    assert.match(err, /ARK_OBJECT_NOT_FOUND/);
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
    const record = {
      owner: await runOwner(process.pid),
      runUid: "u-1",
      clusterId: "c",
      spec: { includedNamespaces: ["shop"] },
      requestSha256: "0".repeat(64),
      startedAt: "2026-11-20T02:00:00Z",
    };
    await store.put(nameRecordKey("now", 1), Buffer.from(JSON.stringify(record)), { signal });
    const { out } = await run("backup", "get");
    assert.match(out, /^now +InProgress /m);
    assert.doesNotMatch(out, /discard/);
    const described = await run("backup", "describe", "now");
    const logs = await run("backup", "logs", "now");
    assert.equal(logs.status, 1);
    assert.match(logs.err, /no log yet: its run goes on[\s\S]*describe now/);
    assert.match(described.out, /InProgress[\s\S]*process \d+ on [\s\S]*"shop"/);
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

describe("a restore that has no record", () => {
  const signal = new AbortController().signal;
  const elsewhere = { ...owner, host: "another" };
  /** No process has this number: it is over what Linux gives. */
  const gone = { ...owner, pid: 2 ** 30 };

  async function leaveRun(store: ObjectStore, name: string, by: RunOwner): Promise<void> {
    const record = {
      owner: by,
      runUid: `u-${name}`,
      clusterId: "c",
      spec: { backupName: "b" },
      requestSha256: "0".repeat(64),
      startedAt: "2026-11-20T02:00:00Z",
    };
    await store.put(restoreRecordKey(name, 1), Buffer.from(JSON.stringify(record)), { signal });
  }

  it("is told apart: running, died, perhaps elsewhere, and files only", async () => {
    const { store, run } = freshHome();
    await leaveRun(store, "now", owner);
    await leaveRun(store, "dead", gone);
    await leaveRun(store, "far", elsewhere);
    await store.put(restoreKeys("velero").logs, gzipSync("it was Velero\n"), { signal });
    const { status, out } = await run("restore", "get");
    assert.equal(status, 0);
    assert.match(out, /^now +b +InProgress /m);
    assert.match(out, /^dead +b +Interrupted /m);
    assert.match(out, /^far +b +Interrupted /m);
    assert.match(out, /^velero +- +Unknown /m);
    assert.match(out, /^2 restores were cut off, or go on elsewhere: .*restore discard NAME$/m);
    assert.match(out, /^1 restore has files but no record of ark-ts/m);
    const listed = JSON.parse((await run("restore", "get", "-o", "json")).out);
    assert.deepEqual(
      listed.interrupted.map(({ name, phase }: Record<string, unknown>) => [name, phase]),
      [
        ["dead", "Interrupted"],
        ["far", "Interrupted"],
        ["now", "InProgress"],
      ],
    );
    assert.deepEqual(listed.unrecorded, ["velero"]);
  });

  for (const [name, by, told, log] of [
    ["now", owner, /InProgress[\s\S]*the run goes on[\s\S]*"backupName":"b"/, /its run goes on/],
    [
      "dead",
      gone,
      /its process is gone; .*run again, continues it/,
      /cut off before it wrote one$/m,
    ],
    ["far", elsewhere, /goes on elsewhere[\s\S]*on another\n/, /or goes on elsewhere/],
  ] as const) {
    it(`says of the one that is ${name} what became of it, and why it has no log`, async () => {
      const { store, run } = freshHome();
      await leaveRun(store, name, by);
      const described = await run("restore", "describe", name);
      assert.equal(described.status, 0, described.err);
      assert.match(described.out, told);
      assert.match(described.out, /^Objects written: +0$/m);
      const json = JSON.parse((await run("restore", "describe", name, "-o", "json")).out);
      assert.deepEqual(json.written, { objects: 0, inDoubt: 0 });
      const logs = await run("restore", "logs", name);
      assert.equal(logs.status, 1);
      assert.match(logs.err, log);
    });
  }

  it("is described by its files where nobody runs it, and logged", async () => {
    const { store, run } = freshHome();
    const finding = { severity: "error", code: "ARK_STORE_FULL", message: "no room is left" };
    const results = await encodeResults([finding as Finding]);
    await store.put(restoreKeys("velero").results, results, { signal });
    await store.put(restoreKeys("velero").logs, gzipSync("it was Velero\n"), { signal });
    const { out } = await run("restore", "describe");
    assert.match(
      out,
      /^Name: +velero\n[\s\S]*Unknown[\s\S]*no record of ark-ts[\s\S]*no room is left/,
    );
    assert.equal((await run("restore", "logs", "velero")).out, "it was Velero\n");
  });

  it("can be given up though the record of who ran it cannot be read", async () => {
    const { store, run } = freshHome();
    await store.put(restoreRecordKey("odd", 1), Buffer.from("?"), { signal });
    assert.match((await run("restore", "describe", "odd")).out, /cannot be read/);
    const discarded = await run("restore", "discard", "odd", "--confirm");
    assert.equal(discarded.status, 0, discarded.err);
    assert.match((await run("restore", "get")).out, /^no restores/);
  });
});
