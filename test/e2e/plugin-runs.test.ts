import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { type Ark, createArk } from "../support/ark.ts";
import { buildPlugin } from "../support/example-plugins/build-plugin.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";

const namespace = uniqueNamespace("plug");
const root = mkdtempSync(join(tmpdir(), "ark-plugin-runs-"));
const folder = join(root, "plugins");
const logFile = join(root, "calls");
after(() => rmSync(root, { recursive: true, force: true }));

/** What the plugin was called for since the last look. */
function calls(): readonly string[] {
  const lines = readFileSync(logFile, "utf8").split("\n").filter(Boolean);
  writeFileSync(logFile, "");
  return lines;
}

describe("runs with a plugin in an executable", { skip: await whyNoTestbed() }, () => {
  let client: KubeClient;
  let ark: Ark;
  const maps = `/api/v1/namespaces/${namespace}/configmaps`;
  const own = ["--include-namespaces", namespace];
  const plugins = ["--plugin-dir", folder];

  const makeMap = async (
    name: string,
    annotations: Record<string, string> = {},
    labels: Record<string, string> = {},
  ): Promise<void> => {
    const body = { metadata: { name, annotations, labels }, data: { mode: "blue" } };
    await client.demand("POST", maps, JSON.stringify(body));
  };
  const removeMaps = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) await client.demand("DELETE", `${maps}/${name}`);
  };
  const liveData = async (name: string): Promise<unknown> => {
    const bytes = await client.get(`${maps}/${name}`);
    return bytes && JSON.parse(bytes.toString()).data;
  };

  before(async () => {
    mkdirSync(folder);
    await buildPlugin("run-actions", folder);
    writeFileSync(logFile, "");
    const { kubeconfig } = await sharedControlPlane();
    client = connectKube(kubeconfig);
    ark = createArk(kubeconfig, { RUN_ACTIONS_LOG: logFile });
    const body = JSON.stringify({ metadata: { name: namespace } });
    await client.demand("POST", "/api/v1/namespaces", body);
    await makeMap("plain", { "test/secret": "wanted" }, { app: "shop" });
    await makeMap("slow", {}, { app: "shop", operate: "yes" });
    await makeMap("skipped", { "test/skip": "" }, { app: "shop" });
    const secret = { metadata: { name: "wanted" }, stringData: { key: "value" } };
    await client.demand("POST", `/api/v1/namespaces/${namespace}/secrets`, JSON.stringify(secret));
  });
  after(async () => {
    await client?.demand("DELETE", `/api/v1/namespaces/${namespace}`).catch(() => {});
    ark?.remove();
    await client?.close();
  });

  it("backs up what its actions made of items, and what they ask for whenever that is listed", async () => {
    const result = await ark.run(
      ...["backup", "create", "b", ...own, "--selector", "app=shop", ...plugins],
    );
    assert.equal(result.status, 0, result.stdout + result.stderr);
    assert.match(result.stderr, /plugins in \S+: 3 actions/);
    const said = calls();
    assert.ok(said.includes("backup of b: plain"), said.join("\n"));
    assert.ok(said.includes("block of plain"));
    assert.ok(said.includes("operation on slow"));
    const stored = await ark.ok("backup", "cat", "b", `configmaps/${namespace}/plain`);
    assert.match(stored, /"backup":"seen"/);
    assert.match(await ark.ok("backup", "ls", "b"), /secrets .*wanted/);
    const details = await ark.ok("backup", "describe", "b", "--details");
    assert.match(details, /\(BackupItemActionV?2?\): \S+, no version, sha256 [0-9a-f]{64}\n/);
    assert.match(details, /\(ItemBlockAction\): \S+, no version, sha256 [0-9a-f]{64}\n/);
    const described = await ark.ok("backup", "describe", "b");
    assert.match(described, /Item Operations: +1 of 1 completed successfully/);
  });

  it("restores what its actions made of the items, and not what they skip", async () => {
    await removeMaps("plain", "slow", "skipped");
    calls();
    const args = ["restore", "create", "r", "--from-backup", "b", ...plugins];
    const result = await ark.run(...args);
    assert.equal(result.status, 0, result.stdout + result.stderr);
    assert.ok(calls().includes("restore of slow"));
    assert.deepEqual(await liveData("plain"), { mode: "blue", backup: "seen", restore: "seen" });
    assert.equal(await liveData("skipped"), undefined);
  });

  it("says which item an action failed on, and starts a plugin again that ended", async () => {
    await makeMap("fatal", { "test/crash": "" });
    await makeMap("wrong", { "test/error": "" });
    const result = await ark.run("backup", "create", "faults", ...own, ...plugins);
    const text = result.stdout + result.stderr;
    assert.equal(result.status, 3, text);
    assert.match(text, /configmaps \S+\/wrong, which is not in this backup: .*told to fail/);
    assert.match(text, /example\.io\/mark of plugin \S+run-actions-plugin" ended during Execute/);
    assert.match(text, /SIGKILL/);
    const listed = await ark.ok("backup", "ls", "faults");
    assert.match(listed, /plain/);
    assert.doesNotMatch(listed, /fatal|wrong/);
    const again = await ark.run("backup", "create", "again", ...own, ...plugins);
    assert.equal(again.status, 3, again.stdout + again.stderr);
    assert.match(await ark.ok("backup", "ls", "again"), /fatal/);
    await removeMaps("fatal", "wrong");
  });

  it("asks its delete actions about each item before a backup is deleted", async () => {
    calls();
    await ark.ok("backup", "delete", "b", "--confirm", ...plugins);
    assert.deepEqual([...calls()].sort(), [
      "deletion of plain",
      "deletion of skipped",
      "deletion of slow",
    ]);
  });

  it("asks them about what has expired before it is pruned, and says on what one failed", async () => {
    await makeMap("undeletable", { "test/undeletable": "" });
    await ark.ok("backup", "create", "old", ...own, "--ttl", "1ms");
    await removeMaps("undeletable");
    calls();
    const empty = join(root, "nothing");
    mkdirSync(empty);
    const none = await ark.run("backup", "prune", "--plugin-dir", empty);
    assert.equal(none.status, 2, none.stderr);
    assert.match(
      await ark.ok("backup", "prune", "--dry-run", ...plugins),
      /old .*would be deleted/,
    );
    assert.deepEqual(calls(), []);
    const { status, stdout, stderr } = await ark.run("backup", "prune", ...plugins);
    assert.equal(status, 3, stdout + stderr);
    assert.match(stdout, /old .*deleted/);
    assert.match(
      stderr,
      /example\.io\/forget failed on configmaps \S+\/undeletable: .*told to fail/,
    );
    assert.ok(calls().includes("deletion of plain"));
  });

  it("asks nothing before a deletion that is refused", async () => {
    await ark.ok("backup", "create", "owner", ...own, "--ttl", "1ms");
    const folderOfBackup = join(ark.dataFolder, "backups/owner");
    writeFileSync(join(folderOfBackup, "owner-podvolumebackups.json.gz"), gzipSync("[{}]"));
    calls();
    for (const command of [["delete", "owner", "--confirm"], ["prune"]]) {
      const { status, stdout, stderr } = await ark.run("backup", ...command, ...plugins);
      assert.equal(status, 1, stdout + stderr);
      assert.match(stdout + stderr, /owns data that this ark-ts cannot delete/);
    }
    assert.deepEqual(calls(), []);
    await ark.ok("backup", "delete", "owner", "--confirm", "--metadata-only", ...plugins);
    assert.deepEqual(calls(), []);
  });

  it("keeps a backup in the object store of a plugin, and says what such a store lacks", async () => {
    const stores = join(root, "stores");
    await buildPlugin("folder-store", stores);
    mkdirSync(join(root, "stored/b"), { recursive: true });
    const config = `root=${join(root, "stored")}`;
    const provider = ["--provider", "example.io/folder", "--bucket", "b", "--config", config];
    const made = await ark.run("backup-location", "set", "folder", ...provider);
    assert.match(made.stdout, /folder is example\.io\/folder:\/\/b/);
    const withStore = createArk((await sharedControlPlane()).kubeconfig, {
      ARKTS_PLUGIN_DIR: stores,
      XDG_CONFIG_HOME: join(ark.home, "config"),
    });
    try {
      const tested = await withStore.ok("backup-location", "test", "folder");
      assert.match(tested, /conditional put +not asked/);
      assert.match(tested, /range read +no/);
      assert.match(tested, /at most 256 MiB compressed/);
      assert.doesNotMatch(tested, /failed|conditionalPut=false/);
      const place = ["--storage-location", "folder"];
      await withStore.ok("backup", "create", "kept", ...own, ...place);
      assert.match(await withStore.ok("backup", "verify", "kept", ...place), /kept/);
      await removeMaps("plain");
      await withStore.ok("restore", "create", "from-kept", "--from-backup", "kept", ...place);
      assert.deepEqual(await liveData("plain"), { mode: "blue", backup: "seen", restore: "seen" });
      await withStore.ok("backup", "delete", "kept", "--confirm", ...place);
      assert.doesNotMatch(await withStore.ok("backup", "get", ...place), /kept/);
    } finally {
      withStore.remove();
    }
  });

  it("begins nothing where a program of the folder cannot be asked, or the folder has none", async () => {
    const empty = join(root, "empty");
    mkdirSync(empty);
    const none = await ark.run("backup", "create", "never", ...own, "--plugin-dir", empty);
    assert.equal(none.status, 2, none.stderr);
    writeFileSync(join(empty, "broken"), "#!/bin/sh\necho hello\n", { mode: 0o755 });
    const broken = await ark.run("backup", "create", "never", ...own, "--plugin-dir", empty);
    assert.equal(broken.status, 1, broken.stderr);
    assert.match(broken.stderr, /broken" cannot be used/);
    assert.doesNotMatch(await ark.ok("backup", "get"), /never/);
  });
});
