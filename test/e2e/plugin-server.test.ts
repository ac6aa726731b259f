/** `ark-ts server` with a plugin in an executable: a real API server and MinIO. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import { buildPlugin } from "../support/example-plugins/build-plugin.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { createServedLocation, provideBucket } from "../support/served-location.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { waitFor } from "../testbed/wait.ts";

const root = mkdtempSync(join(tmpdir(), "ark-plugin-server-"));
const folder = join(root, "plugins");
const logFile = join(root, "calls");
after(() => rmSync(root, { recursive: true, force: true }));

describe("a server with a plugin in an executable", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let client: KubeClient;
  let ark: Ark;
  let server: ArkServer;
  const bucket = uniqueBucket("plugin-server");
  const maps = "/api/v1/namespaces/shop/configmaps";
  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));

  before(async () => {
    mkdirSync(folder);
    await buildPlugin("run-actions", folder);
    await buildPlugin("folder-store", folder);
    mkdirSync(join(root, "stored/b"), { recursive: true });
    writeFileSync(logFile, "");
    const minio = await sharedMinio();
    plane = await startControlPlane();
    client = connectKube(plane.kubeconfig);
    ark = createArk(plane.kubeconfig);
    await ark.ok("install", "--crds-only");
    for (const name of ["ark-ts", "shop"]) await post("/api/v1/namespaces", { metadata: { name } });
    await post(maps, { metadata: { name: "one" }, data: { mode: "blue" } });
    await provideBucket(client, minio, bucket);
    process.env["RUN_ACTIONS_LOG"] = logFile;
    server = startArkServer(ark, plane.kubeconfig, "--plugin-dir", folder);
    await server.ready("leading");
    // Commands that only read look for 3 s, which may be too short on a busy machine.
    await ark.ok("mode", "set", "server");
    await createServedLocation(ark, minio, bucket);
  });
  after(async () => {
    server?.kill("SIGTERM");
    await server?.ended;
    ark?.remove();
    await client?.close();
    await plane?.stop();
  });

  it("is asked for its plugins", async () => {
    const listed = await ark.ok("plugin", "get");
    assert.match(listed, /velero\.io\/aws +ObjectStore/);
    assert.match(listed, /example\.io\/operate +BackupItemActionV2/);
  });

  it("runs the actions in backups, restores and deletions", async () => {
    await ark.ok("backup", "create", "b", "--include-namespaces", "shop", "--wait");
    await client.demand("DELETE", `${maps}/one`);
    await ark.ok("restore", "create", "r", "--from-backup", "b", "--wait");
    const live = await client.get(`${maps}/one`);
    const { data } = JSON.parse(live?.toString() ?? "{}");
    assert.deepEqual(data, { mode: "blue", backup: "seen", restore: "seen" });
    await ark.ok("backup", "delete", "b", "--confirm");
    const calls = readFileSync(logFile, "utf8");
    for (const call of [
      "backup of b: one",
      "block of one",
      "restore of one",
      "deletion of one",
      "namespace ark-ts with one",
    ]) {
      assert.match(calls, new RegExp(call));
    }
  });

  it("keeps backups in the object store of a plugin, and restores from there", async () => {
    const config = `root=${join(root, "stored")}`;
    const own = ["--provider", "example.io/folder", "--bucket", "b", "--config", config];
    await ark.ok("backup-location", "create", "folder", ...own);
    const place = ["--storage-location", "folder"];
    await ark.ok("backup", "create", "p", "--include-namespaces", "shop", ...place, "--wait");
    assert.ok(existsSync(join(root, "stored/b/backups/p/velero-backup.json")));
    await client.demand("DELETE", `${maps}/one`);
    await ark.ok("restore", "create", "from-p", "--from-backup", "p", "--wait");
    assert.ok(await client.get(`${maps}/one`));
    await ark.ok("backup", "delete", "p", "--confirm");
    await waitFor(
      "the backup to be gone",
      () => !existsSync(join(root, "stored/b/backups/p/velero-backup.json")),
      {
        timeoutMs: 240_000,
      },
    );
  });

  it("fails a backup that a program of the folder cannot be asked about, and says why", async () => {
    server.kill("SIGTERM");
    await server.ended;
    writeFileSync(join(folder, "broken"), "#!/bin/sh\necho hello\n", { mode: 0o755 });
    server = startArkServer(ark, plane.kubeconfig, "--plugin-dir", folder);
    await server.ready("leading");
    const failed = await ark.run("backup", "create", "f", "--include-namespaces", "shop", "--wait");
    assert.equal(failed.status, 1, failed.stdout + failed.stderr);
    const described = await ark.ok("backup", "describe", "f");
    assert.match(described, /broken" cannot be used/);
    rmSync(join(folder, "broken"));
    await ark.ok("backup", "create", "g", "--include-namespaces", "shop", "--wait");
  });
});
