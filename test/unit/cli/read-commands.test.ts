import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createDirectoryStore } from "../../../plugins/object-store-directory/store.ts";
import { createSystemClock } from "../../../src/adapters/clock/system-clock.ts";
import { runCommandLine } from "../../../src/cli/main.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { storeBackup } from "../../support/stored-backup.ts";
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
