import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { createDirectoryStore } from "../../../plugins/object-store-directory/store.ts";
import { createSystemClock } from "../../../src/adapters/clock/system-clock.ts";
import { runCommandLine } from "../../../src/cli/main.ts";
import { runOwner } from "../../../src/cli/run-owner.ts";
import { backupKeys, nameRecordKey } from "../../../src/format/keys.ts";
import { encodeResults } from "../../../src/format/results.ts";
import type { ErrorCode } from "../../../src/lib/errors.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { storeBackup } from "../../support/stored-backup.ts";
import { storeVeleroBackup } from "../../support/velero-backup.ts";
import { fakeEnvironment } from "./fake-environment.ts";

const root = mkdtempSync(join(tmpdir(), "ark-read-"));
after(() => rmSync(root, { recursive: true, force: true }));

interface Home {
  readonly store: ObjectStore;
  run(...argv: string[]): Promise<{ status: number; out: string; err: string }>;
}

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
