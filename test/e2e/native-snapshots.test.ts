/** Native snapshots of a server, by a plugin in an executable: a real API server and MinIO. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import { createDiskVolumes, type DiskVolumes } from "../support/disk-volumes.ts";
import { buildPlugin } from "../support/example-plugins/build-plugin.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { createServedLocation, provideBucket } from "../support/served-location.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import type { MinioAccess } from "../testbed/minio-access.ts";

const root = mkdtempSync(join(tmpdir(), "ark-native-"));
const folder = join(root, "plugins");
const storage = join(root, "storage");
after(() => rmSync(root, { recursive: true, force: true }));

describe("native snapshots of a server", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let minio: MinioAccess;
  let client: KubeClient;
  let ark: Ark;
  let server: ArkServer;
  let disk: DiskVolumes["disk"];
  let snapshot: DiskVolumes["snapshot"];
  let makeVolume: DiskVolumes["makeVolume"];
  const bucket = uniqueBucket("native");
  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));

  // biome-ignore lint/suspicious/noExplicitAny: as the API server answers.
  const get = async (path: string): Promise<any> =>
    JSON.parse((await client.get(path))?.toString() ?? "{}");
  /** Removes claim and volume, whether or not somebody runs their finalizers. */
  const forget = async (name: string): Promise<void> => {
    const free = JSON.stringify({ metadata: { finalizers: null } });
    const paths = [
      `/api/v1/namespaces/shop/persistentvolumeclaims/${name}`,
      `/api/v1/persistentvolumes/pv-${name}`,
    ];
    for (const path of paths) {
      await client.demand("DELETE", path);
      // Their controllers may have let them go already.
      await client.send("PATCH", path, free, "application/merge-patch+json");
      assert.equal(await client.get(path), undefined);
    }
  };
  const setProvider = async (provider: string): Promise<void> => {
    const path = "/apis/velero.io/v1/namespaces/ark-ts/volumesnapshotlocations/disks";
    const body = JSON.stringify({ spec: { provider } });
    await client.demand("PATCH", path, body, "application/merge-patch+json");
  };
  const stored = async (backup: string, file: string): Promise<unknown> => {
    const key = `backups/${backup}/${backup}-${file}.json.gz`;
    const found = await minio
      .createClient()
      .send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const bytes = await found.Body?.transformToByteArray();
    return JSON.parse(gunzipSync(bytes ?? "").toString());
  };

  before(async () => {
    mkdirSync(folder);
    await buildPlugin("disks", folder);
    minio = await sharedMinio();
    plane = await startControlPlane();
    client = connectKube(plane.kubeconfig);
    ({ disk, snapshot, makeVolume } = createDiskVolumes(client, storage));
    ark = createArk(plane.kubeconfig);
    await ark.ok("install", "--crds-only");
    for (const name of ["ark-ts", "shop"]) await post("/api/v1/namespaces", { metadata: { name } });
    await provideBucket(client, minio, bucket);
    server = startArkServer(ark, plane.kubeconfig, "--plugin-dir", folder);
    await server.ready("leading");
    // Commands that only read look for 3 s, which may be too short on a busy machine.
    await ark.ok("mode", "set", "server");
    await createServedLocation(ark, minio, bucket);
    const disks = ["--provider", "example.io/disks", "--config", `folder=${storage}`];
    await ark.ok("snapshot-location", "create", "disks", ...disks);
    for (const name of ["one", "two"]) await makeVolume(name);
  });
  after(async () => {
    server?.kill("SIGTERM");
    await server?.ended;
    ark?.remove();
    await client?.close();
    await plane?.stop();
  });

  it("are made of volumes, with their backup's tags, and told as Velero tells them", async () => {
    await ark.ok("backup", "create", "b", "--include-namespaces", "shop", "--wait");
    assert.equal(readFileSync(snapshot("snap-one-b"), "utf8"), "data of one");
    const { zone, tags } = JSON.parse(readFileSync(`${snapshot("snap-one-b")}.tags`, "utf8"));
    assert.equal(zone, "west-1");
    assert.equal(tags["velero.io/pv"], "pv-one");
    const snapshots = (await stored("b", "volumesnapshots")) as {
      readonly spec: Readonly<Record<string, unknown>>;
      readonly status: unknown;
    }[];
    const first = snapshots.find(({ spec }) => spec["persistentVolumeName"] === "pv-one");
    assert.equal(snapshots.length, 2);
    assert.deepEqual(first?.status, { providerSnapshotID: "snap-one-b", phase: "Completed" });
    const { backupUID: _uid, ...spec } = first.spec;
    assert.deepEqual(spec, {
      backupName: "b",
      location: "disks",
      persistentVolumeName: "pv-one",
      providerVolumeID: "one",
      volumeType: "fast",
      volumeAZ: "west-1",
      volumeIOPS: 3_000,
    });
    const infos = (await stored("b", "volumeinfo")) as Readonly<Record<string, unknown>>[];
    const info = infos.find(({ pvName }) => pvName === "pv-one");
    assert.equal(info?.["backupMethod"], "NativeSnapshot");
    assert.equal(info["pvcName"], "one");
    const described = await ark.ok("backup", "describe", "b");
    assert.match(described, /2 protected/);
  });

  it("say of which volume there is none, and why", async () => {
    writeFileSync(`${disk("one")}.fault`, "error");
    writeFileSync(`${disk("two")}.fault`, "crash");
    const ran = await ark.run("backup", "create", "f", "--include-namespaces", "shop", "--wait");
    assert.equal(ran.status, 3, ran.stdout + ran.stderr);
    for (const name of ["one", "two"]) rmSync(`${disk(name)}.fault`);
    const logs = await ark.ok("backup", "logs", "f");
    assert.match(logs, /no snapshot of volume pv-one: .*disk one is on fire/);
    assert.match(logs, /no snapshot of volume pv-two: it is not known whether a snapshot/);
    assert.deepEqual(await stored("f", "volumesnapshots"), []);
  });

  it("are not made of a volume that is no provider's, which is told and no error", async () => {
    await post("/api/v1/namespaces", { metadata: { name: "plain" } });
    await makeVolume("three", "plain", "elsewhere");
    await ark.ok("backup", "create", "p", "--include-namespaces", "plain", "--wait");
    const described = await ark.ok("backup", "describe", "p");
    assert.match(described, /no volume snapshotter takes it as its own/);
    const backup = await client.get("/apis/velero.io/v1/namespaces/ark-ts/backups/p");
    const { status } = JSON.parse(backup?.toString() ?? "{}");
    assert.equal(status.phase, "Completed");
    assert.equal(status.volumeSnapshotsAttempted, undefined);
    await setProvider("example.io/none");
    const ran = await ark.run("backup", "create", "q", "--include-namespaces", "plain", "--wait");
    await setProvider("example.io/disks");
    assert.equal(ran.status, 3, ran.stdout + ran.stderr);
    assert.match(await ark.ok("backup", "logs", "q"), /disks\\" cannot be used: no plugin /);
  });

  it("are what volumes are made of in a restore", async () => {
    for (const name of ["one", "two"]) await forget(name);
    writeFileSync(disk("one"), "lost");
    await ark.ok("restore", "create", "r", "--from-backup", "b", "--wait");
    assert.equal(readFileSync(disk("of-snap-one-b"), "utf8"), "data of one");
    assert.equal(readFileSync(`${disk("of-snap-one-b")}.zone`, "utf8"), "west-1");
    const volume = await get("/api/v1/persistentvolumes/pv-one");
    assert.equal(volume.spec.hostPath.path, "/disks/of-snap-one-b");
    assert.equal(volume.spec.persistentVolumeReclaimPolicy, "Retain");
    assert.equal(volume.spec.claimRef.name, "one");
    const claim = await get("/api/v1/namespaces/shop/persistentvolumeclaims/one");
    assert.equal(claim.spec.volumeName, "pv-one");
    const described = await ark.ok("restore", "describe", "r", "--details");
    const line = / {2}pv-one \(claim shop\/one\): snapshot snap-one-b, type fast, zone west-1\n/;
    assert.match(described, line);
  });

  it("are copied beside a volume that stands, for a claim in a mapped namespace", async () => {
    const mapped = ["--namespace-mappings", "shop:copy", "--wait"];
    rmSync(snapshot("snap-two-b"));
    const ran = await ark.run("restore", "create", "m", "--from-backup", "b", ...mapped);
    assert.equal(ran.status, 3, ran.stdout + ran.stderr);
    const claim = await get("/api/v1/namespaces/copy/persistentvolumeclaims/one");
    assert.match(claim.spec.volumeName, /^velero-clone-/);
    const volume = await get(`/api/v1/persistentvolumes/${claim.spec.volumeName}`);
    assert.equal(volume.metadata.annotations["velero.io/original-pv-name"], "pv-one");
    assert.equal(volume.spec.claimRef.namespace, "copy");
    const findings = await ark.ok("restore", "describe", "m", "--details");
    assert.match(findings, /no volume was made of snapshot "snap-two-b" .*no such file/);
  });

  it("are planned and restored without a server, by a plugin of the command", async () => {
    const { accessKeyId, secretAccessKey, endpoint, region } = minio;
    const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const alone = createArk(plane.kubeconfig, keys);
    try {
      const config = `region=${region},s3Url=${endpoint},s3ForcePathStyle=true`;
      const mode = ["--mode", "standalone"];
      const place = [`s3://${bucket}`, "--config", config, "--default"];
      await alone.ok("backup-location", "set", "prod", ...place, ...mode);
      const from = ["--from-backup", "b", "--namespace-mappings", "shop:alone"];
      const plugins = ["--plugin-dir", folder, ...mode];
      const planned = await alone.run("restore", "plan", ...from, ...plugins, "--details");
      const { stdout } = planned;
      assert.match(
        stdout,
        /2 volumes of native snapshots by example\.io\/disks \(location disks\)/,
      );
      assert.match(stdout, /is made of native snapshot snap-one-b by example\.io\/disks/);
      const ran = await alone.run("restore", "create", ...from, ...plugins);
      assert.match(ran.stdout + ran.stderr, /no volume was made of snapshot "snap-two-b"/);
      const claim = await get("/api/v1/namespaces/alone/persistentvolumeclaims/one");
      const volume = await get(`/api/v1/persistentvolumes/${claim.spec.volumeName}`);
      assert.equal(volume.spec.hostPath.path, "/disks/of-snap-one-b");
    } finally {
      alone.remove();
    }
  });

  it("go with their backup, and keep it where they cannot", async () => {
    await setProvider("example.io/none");
    const kept = await ark.run("backup", "delete", "b", "--confirm");
    assert.notEqual(kept.status, 0);
    assert.match(kept.stdout + kept.stderr, /no plugin .*example\.io\/none.*snap-one-b/s);
    assert.ok(existsSync(snapshot("snap-one-b")));
    await setProvider("example.io/disks");
    await ark.ok("backup", "delete", "b", "--confirm");
    assert.ok(!existsSync(snapshot("snap-one-b")));
    assert.ok(!existsSync(snapshot("snap-two-b")));
    assert.doesNotMatch(await ark.ok("backup", "get"), /^b /m);
  });
});
