/** Native snapshots without a server, by a plugin in an executable: a real API server. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { createDiskVolumes, type DiskVolumes } from "../support/disk-volumes.ts";
import { buildPlugin } from "../support/example-plugins/build-plugin.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";

const root = mkdtempSync(join(tmpdir(), "ark-native-"));
const folder = join(root, "plugins");
const storage = join(root, "storage");
after(() => rmSync(root, { recursive: true, force: true }));

describe("native snapshots without a server", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let client: KubeClient;
  let ark: Ark;
  let volumes: DiskVolumes;
  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  const shop = ["--include-namespaces", "shop"];
  const plugins = ["--plugin-dir", folder];
  const locations = (...words: readonly string[]) =>
    ark.ok("snapshot-location", ...words, "--mode", "server");

  before(async () => {
    mkdirSync(folder);
    await buildPlugin("disks", folder);
    plane = await startControlPlane();
    client = connectKube(plane.kubeconfig);
    volumes = createDiskVolumes(client, storage);
    ark = createArk(plane.kubeconfig);
    await ark.ok("install", "--crds-only");
    for (const name of ["ark-ts", "shop"]) await post("/api/v1/namespaces", { metadata: { name } });
    const disks = ["--provider", "example.io/disks", "--config", `folder=${storage}`];
    await locations("create", "disks", ...disks);
    for (const name of ["one", "two"]) await volumes.makeVolume(name);
  });
  after(async () => {
    ark?.remove();
    await client?.close();
    await plane?.stop();
  });

  it("are planned, made, described and deleted with their backup", async () => {
    const planned = await ark.ok("backup", "plan", "b", ...shop, ...plugins);
    assert.match(planned, /2 native snapshots by example\.io\/disks \(location disks\)/);
    assert.match(planned, /2 volumes: 2 protected/);
    assert.ok(!existsSync(volumes.snapshot("snap-one-b")));
    const made = await ark.ok("backup", "create", "b", ...shop, ...plugins);
    assert.match(made, /2 volumes: 2 protected/);
    assert.equal(readFileSync(volumes.snapshot("snap-one-b"), "utf8"), "data of one");
    const { tags } = JSON.parse(readFileSync(`${volumes.snapshot("snap-one-b")}.tags`, "utf8"));
    assert.equal(tags["velero.io/backup"], "b");
    const described = await ark.ok("backup", "describe", "b", "--details");
    assert.match(described, /claim shop\/one: protected, .*snapshot by a volume snapshotter/);
    const program = join(folder, "disks-plugin");
    const digest = createHash("sha256").update(readFileSync(program)).digest("hex");
    const line = `example.io/disks (VolumeSnapshotter): ${program}, no version, sha256 ${digest}`;
    assert.ok(described.includes(line), described);
    const deleted = await ark.ok("backup", "delete", "b", "--confirm", ...plugins);
    assert.match(deleted, /and 2 native snapshots/);
    assert.ok(!existsSync(volumes.snapshot("snap-one-b")));
    assert.ok(!existsSync(volumes.snapshot("snap-two-b")));
  });

  it("are an error where no plugin here serves their location, before and after", async () => {
    const planned = await ark.run("backup", "plan", "n", ...shop);
    assert.equal(planned.status, 3, planned.stdout + planned.stderr);
    const created = await ark.run("backup", "create", "n", ...shop);
    assert.equal(created.status, 3, created.stdout + created.stderr);
    for (const { stdout } of [planned, created]) {
      assert.match(stdout, /"disks" cannot be used: no plugin here is a volume snapshotter for/);
    }
    const off = ["--snapshot-volumes=false"];
    await ark.ok("backup", "create", "off", ...shop, ...off);
    await ark.ok("backup", "delete", "n", "off", "--confirm");
  });

  it("keep a backup whole that is to be deleted, pruned or given up without their plugin", async () => {
    await ark.ok("backup", "create", "k", ...shop, ...plugins, "--ttl", "1s");
    const deletion = await ark.run("backup", "delete", "k", "--confirm");
    assert.equal(deletion.status, 1, deletion.stdout + deletion.stderr);
    const why = /owns 2 native snapshots, which cannot be deleted here: no plugin here is a volume/;
    assert.match(deletion.stderr, why);
    assert.match(deletion.stderr, /snap-one-k \(location "disks"\)/);
    let pruned = await ark.run("backup", "prune");
    while (!/\bk\b/.test(pruned.stdout)) pruned = await ark.run("backup", "prune");
    assert.equal(pruned.status, 1, pruned.stdout + pruned.stderr);
    assert.match(pruned.stdout, why);
    await ark.ok("backup", "verify", "k");
    assert.ok(existsSync(volumes.snapshot("snap-one-k")));
    const done = await ark.ok("backup", "prune", ...plugins);
    assert.match(done, /1 backup .* deleted/);
    assert.ok(!existsSync(volumes.snapshot("snap-one-k")));
  });

  it("are made where --volume-snapshot-locations says, and a name that leads nowhere is refused", async () => {
    const moon = ["--volume-snapshot-locations", "moon"];
    const refused = await ark.run("backup", "create", "m", ...shop, ...plugins, ...moon);
    assert.equal(refused.status, 2, refused.stdout + refused.stderr);
    assert.match(refused.stderr, /there is no volume snapshot location "moon"/);
    const other = join(root, "other");
    const config = ["--config", `folder=${other}`];
    await locations("create", "other", "--provider", "example.io/disks", ...config);
    const unclear = await ark.run("backup", "create", "m", ...shop, ...plugins);
    assert.equal(unclear.status, 2, unclear.stdout + unclear.stderr);
    assert.match(unclear.stderr, /more than one volume snapshot location.*disks, other/);
    assert.match(unclear.stderr, /as --volume-snapshot-locations disks;/);
    const named = ["--volume-snapshot-locations", "disks"];
    await ark.ok("backup", "create", "m", ...shop, ...plugins, ...named);
    assert.ok(existsSync(volumes.snapshot("snap-one-m")));
    await ark.ok("backup", "delete", "m", "--confirm", ...plugins);
  });
});
