/** Plugins written in TypeScript, each one executable with Node in it, in a real Velero server. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { buildPackedPlugin } from "../support/example-plugins/build-plugin.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { startVelero, type Velero } from "../testbed/velero.ts";
import { waitFor } from "../testbed/wait.ts";

const root = mkdtempSync(join(tmpdir(), "ark-velero-plugin-"));
after(() => rmSync(root, { recursive: true, force: true }));

describe("Velero with plugins in TypeScript", { skip: await whyNoTestbed() }, () => {
  const maps = "/api/v1/namespaces/shop/configmaps";
  const actionLog = join(root, "actions");
  const storeLog = join(root, "store");
  let plane: ControlPlane;
  let client: KubeClient;
  let velero: Velero;
  let ark: Ark;
  const post = async (path: string, object: object): Promise<unknown> =>
    await client.demand("POST", path, JSON.stringify(object));
  const liveData = async (): Promise<unknown> => {
    const bytes = await client.get(`${maps}/one`);
    return bytes && JSON.parse(bytes.toString()).data;
  };
  const lines = (path: string): readonly string[] => readFileSync(path, "utf8").split("\n");

  before(async () => {
    const actions = await buildPackedPlugin("run-actions", join(root, "built"));
    const store = await buildPackedPlugin("folder-store", join(root, "built"));
    mkdirSync(join(root, "stored/b"), { recursive: true });
    for (const log of [actionLog, storeLog]) writeFileSync(log, "");
    const minio = await sharedMinio();
    const bucket = uniqueBucket("velero-plugin");
    await minio.createBucket(bucket);
    plane = await startControlPlane();
    client = connectKube(plane.kubeconfig);
    await post("/api/v1/namespaces", { metadata: { name: "shop" } });
    await post(maps, { metadata: { name: "one" }, data: { mode: "blue" } });
    velero = await startVelero(plane, minio, {
      bucket,
      plugins: [actions, store],
      env: { RUN_ACTIONS_LOG: actionLog, FOLDER_STORE_LOG: storeLog },
    });
    await velero.ok(
      ...["backup-location", "create", "folder", "--provider", "example.io/folder"],
      ...["--bucket", "b", "--config", `root=${join(root, "stored")}`],
    );
    ark = createArk(plane.kubeconfig, { ARKTS_PLUGIN_DIR: join(root, "built") });
  });
  after(async () => {
    await velero?.stop();
    ark?.remove();
    await client?.close();
    await plane?.stop();
  });

  it("lists them beside its own", async () => {
    const listed = await velero.ok("plugin", "get");
    assert.match(listed, /example\.io\/mark +BackupItemAction\n/);
    assert.match(listed, /example\.io\/folder +ObjectStore\n/);
    assert.match(listed, /velero\.io\/aws +ObjectStore\n/);
  });

  it("takes a backup into the object store, with what the item action made of the items", async () => {
    const args = ["--include-namespaces", "shop", "--storage-location", "folder", "--wait"];
    assert.match(await velero.ok("backup", "create", "b", ...args), /status: Completed/);
    assert.ok(lines(actionLog).includes("backup of b: one"));
    assert.ok(lines(storeLog).includes("put backups/b/velero-backup.json"));
  });

  it("restores it from there, with what the restore item action made of them", async () => {
    await client.demand("DELETE", `${maps}/one`);
    const restored = await velero.ok("restore", "create", "r", "--from-backup", "b", "--wait");
    assert.match(restored, /status: Completed/);
    assert.deepEqual(await liveData(), { mode: "blue", backup: "seen", restore: "seen" });
  });

  it("leaves a backup that ark-ts reads through the same executable", async () => {
    const config = `root=${join(root, "stored")}`;
    await ark.ok(
      ...["backup-location", "set", "shared", "--provider", "example.io/folder"],
      ...["--bucket", "b", "--config", config],
    );
    const listed = await ark.ok("backup", "get", "--storage-location", "shared");
    assert.match(listed, /^b +Completed/m);
  });

  it("asks the delete action before it removes the backup from the store", async () => {
    await velero.ok("backup", "delete", "b", "--confirm");
    const gone = "delete backups/b/velero-backup.json";
    await waitFor("Velero to remove it", () => lines(storeLog).includes(gone), {
      timeoutMs: 120_000,
    });
    assert.ok(lines(actionLog).includes("deletion of one"));
  });
});
