/** Native snapshots of EBS volumes by what is built in: a real API server, MinIO, and moto for EC2. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import { createEbsClaims, type EbsClaims } from "../support/ebs-claims.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { type LossyProxy, startLossyProxy } from "../support/lossy-proxy.ts";
import { type MotoVolumes, openMotoVolumes, tagsOf } from "../support/moto-volumes.ts";
import { createServedLocation, provideBucket } from "../support/served-location.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import type { MinioAccess } from "../testbed/minio-access.ts";
import { type Moto, startMoto } from "../testbed/moto.ts";
import { whyNoMoto } from "../testbed/moto-programs.ts";

const skip = (await whyNoTestbed()) || ((await whyNoMoto()) ?? false);

const keyTag = "ark-ts.dev/idempotency-key";
const createSnapshot = /Action=CreateSnapshot&/;
const createVolume = /Action=CreateVolume&/;
const describeSnapshots = /Action=DescribeSnapshots&/;

/** moto has finished a snapshot as soon as it is made; EC2 takes its time, or fails. */
const nowIs =
  (state: string, words = "") =>
  (answer: string): string =>
    answer
      .replace(/<status>[a-z]+<\/status>/, `<status>${state}</status>`)
      .replace(/<progress>[^<]*<\/progress>/, "<progress>40%</progress>")
      .replace("</status>", `</status><statusMessage>${words}</statusMessage>`);

describe("native snapshots at AWS", { skip }, () => {
  let plane: ControlPlane;
  let minio: MinioAccess;
  let moto: Moto;
  let proxy: LossyProxy;
  let volumes: MotoVolumes;
  let client: KubeClient;
  let makeVolume: EbsClaims["make"];
  let forget: EbsClaims["forget"];
  let ark: Ark;
  let server: ArkServer;
  const folder = mkdtempSync(join(tmpdir(), "ark-ebs-"));
  const bucket = uniqueBucket("ebs");
  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  // biome-ignore lint/suspicious/noExplicitAny: as the API server answers.
  const get = async (path: string): Promise<any> =>
    JSON.parse((await client.get(path))?.toString() ?? "{}");

  /** The one volume that was made of the only snapshot of `id`, and what its object says. */
  const restored = async (id: string, name: string) => {
    const [snapshot, ...others] = await volumes.snapshotsOf(id);
    const made = await volumes.volumesOf(snapshot?.SnapshotId ?? "none");
    const { spec } = await get(`/api/v1/persistentvolumes/pv-${name}`);
    return { others: others.length, made, volumeId: spec?.awsElasticBlockStore?.volumeID };
  };

  before(async () => {
    moto = await startMoto();
    proxy = await startLossyProxy(moto.endpoint);
    volumes = openMotoVolumes(moto);
    minio = await sharedMinio();
    plane = await startControlPlane();
    client = connectKube(plane.kubeconfig);
    ({ make: makeVolume, forget } = createEbsClaims(client, volumes));
    ark = createArk(plane.kubeconfig);
    await ark.ok("install", "--crds-only");
    for (const name of ["ark-ts", "shop"]) await post("/api/v1/namespaces", { metadata: { name } });
    await provideBucket(client, minio, bucket);
    const cloud = "[default]\naws_access_key_id=AKIAMOTO\naws_secret_access_key=moto\n";
    const secret = { metadata: { name: "ebs" }, stringData: { cloud } };
    await post("/api/v1/namespaces/ark-ts/secrets", secret);
    const plugins = join(folder, "none");
    mkdirSync(plugins);
    const env = { AWS_ENDPOINT_URL_EC2: proxy.endpoint };
    server = startArkServer({ home: ark.home, env }, plane.kubeconfig, "--plugin-dir", plugins);
    await server.ready("leading");
    await createServedLocation(ark, minio, bucket);
    const disks = ["--provider", "aws", "--config", `region=${moto.region}`];
    await ark.ok("snapshot-location", "create", "disks", ...disks, "--credential", "ebs=cloud");
  });
  after(async () => {
    server?.kill("SIGTERM");
    await server?.ended;
    ark?.remove();
    await client?.close();
    await plane?.stop();
    volumes?.close();
    await proxy?.stop();
    await moto?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("are made, restored and deleted by a server, with a credential of its own", async () => {
    const id = await makeVolume("one");
    await ark.ok("backup", "create", "b", "--include-namespaces", "shop", "--wait");
    const [snapshot] = await volumes.snapshotsOf(id);
    assert.ok(snapshot !== undefined);
    const { [keyTag]: key, ...tags } = tagsOf(snapshot);
    assert.match(key ?? "", /^[0-9a-f]{64}$/);
    assert.equal(tags["velero.io/backup"], "b");
    assert.equal(tags["velero.io/pv"], "pv-one");
    assert.equal(tags["team"], "shop");
    await forget("one");
    await ark.ok("restore", "create", "r", "--from-backup", "b", "--wait");
    const { made, volumeId } = await restored(id, "one");
    assert.equal(made.length, 1);
    const { VolumeId, VolumeType, Iops, Size, AvailabilityZone } = made[0]!;
    assert.equal(volumeId, `aws://${volumes.zone}/${VolumeId}`);
    assert.deepEqual([VolumeType, Iops, Size], ["io2", 500, 4]);
    assert.equal(AvailabilityZone, volumes.zone);
    const claim = await get("/api/v1/namespaces/shop/persistentvolumeclaims/one");
    assert.equal(claim.spec.volumeName, "pv-one");
    await ark.ok("backup", "delete", "b", "--confirm");
    assert.deepEqual(await volumes.snapshotsOf(id), []);
    assert.ok((await volumes.volume(VolumeId ?? "")) !== undefined);
    await forget("one");
  });

  it("are made once where EC2's answers are lost, which is no error", async () => {
    const id = await makeVolume("two");
    const asked = [proxy.count(createSnapshot), proxy.count(createVolume)];
    proxy.lose(createSnapshot);
    await ark.ok("backup", "create", "c", "--include-namespaces", "shop", "--wait");
    assert.equal((await volumes.snapshotsOf(id)).length, 1);
    await forget("two");
    proxy.lose(createVolume);
    await ark.ok("restore", "create", "s", "--from-backup", "c", "--wait");
    const { others, made, volumeId } = await restored(id, "two");
    assert.equal(others, 0);
    assert.equal(made.length, 1);
    assert.equal(volumeId, `aws://${volumes.zone}/${made[0]?.VolumeId}`);
    assert.deepEqual(
      [proxy.count(createSnapshot), proxy.count(createVolume)],
      [(asked[0] ?? 0) + 1, (asked[1] ?? 0) + 1],
    );
    await forget("two");
  });

  it("are waited for until EC2 has finished them", async () => {
    const id = await makeVolume("three");
    proxy.change(createSnapshot, nowIs("pending"), 1);
    proxy.change(describeSnapshots, nowIs("pending"), 1);
    const asked = proxy.count(describeSnapshots);
    await ark.ok("backup", "create", "d", "--include-namespaces", "shop", "--wait");
    assert.equal(proxy.count(describeSnapshots), asked + 2);
    const logs = await ark.ok("backup", "logs", "d");
    assert.match(logs, /1 native snapshot to be finished .* of volume pv-three \(40 %\)/);
    await ark.ok("backup", "delete", "d", "--confirm");
    assert.deepEqual(await volumes.snapshotsOf(id), []);
    await forget("three");
  });

  it("that fail at EC2 after they were accepted are errors, and go with their backup", async () => {
    const id = await makeVolume("four");
    proxy.change(createSnapshot, nowIs("pending"), 1);
    proxy.change(describeSnapshots, nowIs("error", "the key is disabled"), 1);
    const ran = await ark.run("backup", "create", "e", "--include-namespaces", "shop", "--wait");
    assert.equal(ran.status, 3, ran.stdout + ran.stderr);
    const described = await ark.ok("backup", "describe", "e", "--details");
    assert.match(described, /of volume pv-four .* after it was accepted: the key is disabled/);
    assert.match(described, /NOT PROTECTED/);
    assert.match(described, /its snapshot failed: the key is disabled/);
    const { status } = await get("/apis/velero.io/v1/namespaces/ark-ts/backups/e");
    assert.equal(status.phase, "PartiallyFailed");
    assert.deepEqual([status.volumeSnapshotsAttempted, status.volumeSnapshotsCompleted], [1, 0]);
    assert.equal((await volumes.snapshotsOf(id)).length, 1);
    await ark.ok("backup", "delete", "e", "--confirm");
    assert.deepEqual(await volumes.snapshotsOf(id), []);
    await forget("four");
  });

  it("are made and restored without a server, by Velero's plugin where the folder has it", async () => {
    const { accessKeyId, secretAccessKey, endpoint, region } = minio;
    const env = {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_ENDPOINT_URL_EC2: moto.endpoint,
    };
    const alone = createArk(plane.kubeconfig, env);
    const plugins = join(folder, "plugins");
    mkdirSync(plugins);
    const program = await ensureBinary("velero-plugin-for-aws");
    symlinkSync(program, join(plugins, "velero-plugin-for-aws"));
    const mode = ["--mode", "standalone"];
    try {
      const config = `region=${region},s3Url=${endpoint},s3ForcePathStyle=true`;
      const place = [`s3://${bucket}/alone`, "--config", config, "--default"];
      await alone.ok("backup-location", "set", "prod", ...place, ...mode);
      for (const [name, how] of [
        ["ours", mode],
        ["veleros", ["--plugin-dir", plugins, ...mode]],
      ] as const) {
        const id = await makeVolume(name);
        await alone.ok("backup", "create", name, "--include-namespaces", "shop", ...how);
        const [snapshot] = await volumes.snapshotsOf(id);
        const tags = tagsOf(snapshot!);
        assert.equal(tags["velero.io/pv"], `pv-${name}`);
        assert.equal(keyTag in tags, name === "ours");
        await forget(name);
        await alone.ok("restore", "create", "--from-backup", name, ...how);
        const { made, volumeId } = await restored(id, name);
        assert.equal(volumeId, `aws://${volumes.zone}/${made[0]?.VolumeId}`);
        assert.equal(made[0]?.Iops, 500);
        await forget(name);
      }
    } finally {
      alone.remove();
    }
  });

  it("that are not finished in time are named in a warning, without a server too", async () => {
    const env = {
      AWS_ACCESS_KEY_ID: minio.accessKeyId,
      AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
      AWS_ENDPOINT_URL_EC2: proxy.endpoint,
    };
    const alone = createArk(plane.kubeconfig, env);
    const mode = ["--mode", "standalone"];
    try {
      const config = `region=${minio.region},s3Url=${minio.endpoint},s3ForcePathStyle=true`;
      const place = [`s3://${bucket}/late`, "--config", config, "--default"];
      await alone.ok("backup-location", "set", "late", ...place, ...mode);
      await makeVolume("five");
      for (const one of [createSnapshot, describeSnapshots]) {
        proxy.change(one, nowIs("pending"), 1_000);
      }
      const what = ["--include-namespaces", "shop", "--item-operation-timeout", "1s"];
      const told = await alone.ok("backup", "create", "late", ...what, ...mode);
      assert.match(told, /of volume pv-five .* still copying it after 1s \(40 %\)/);
      await forget("five");
      const early = await alone.run("restore", "create", "--from-backup", "late", ...mode);
      assert.equal(early.status, 3, early.stdout + early.stderr);
      assert.match(early.stdout + early.stderr, /EC2 is still making it \(40%\)/);
    } finally {
      proxy.changeNoMore();
      alone.remove();
    }
  });
});
