/** Native snapshots of EBS volumes by what is built in: a real API server, MinIO, and moto for EC2. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { type LossyProxy, startLossyProxy } from "../support/lossy-proxy.ts";
import {
  inTreeVolume,
  type MotoVolumes,
  openMotoVolumes,
  tagsOf,
} from "../support/moto-volumes.ts";
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

describe("native snapshots at AWS", { skip }, () => {
  let plane: ControlPlane;
  let minio: MinioAccess;
  let moto: Moto;
  let proxy: LossyProxy;
  let volumes: MotoVolumes;
  let client: KubeClient;
  let ark: Ark;
  let server: ArkServer;
  const folder = mkdtempSync(join(tmpdir(), "ark-ebs-"));
  const bucket = uniqueBucket("ebs");
  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  // biome-ignore lint/suspicious/noExplicitAny: as the API server answers.
  const get = async (path: string): Promise<any> =>
    JSON.parse((await client.get(path))?.toString() ?? "{}");

  /** A volume of EBS, the object that stands for it, and its claim, bound. Returns its id. */
  const makeVolume = async (name: string): Promise<string> => {
    const id = await volumes.make({ VolumeType: "io2", Iops: 500, Size: 4 }, { team: "shop" });
    const volume = inTreeVolume(id, volumes.zone, volumes.zone);
    const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: "shop", name };
    const spec = {
      ...(volume["spec"] as object),
      persistentVolumeReclaimPolicy: "Retain",
      claimRef,
    };
    const metadata = { ...(volume["metadata"] as object), name: `pv-${name}` };
    await post("/api/v1/persistentvolumes", { ...volume, metadata, spec });
    const claims = "/api/v1/namespaces/shop/persistentvolumeclaims";
    const resources = { requests: { storage: "1Gi" } };
    const own = { accessModes: ["ReadWriteOnce"], storageClassName: "ebs", resources };
    await post(claims, { metadata: { name }, spec: { ...own, volumeName: `pv-${name}` } });
    const bound = { status: { phase: "Bound", capacity: { storage: "1Gi" } } };
    const merge = "application/merge-patch+json";
    await client.demand("PATCH", `${claims}/${name}/status`, JSON.stringify(bound), merge);
    return id;
  };
  /** Removes claim and object; their finalizers are nobody's here. */
  const forget = async (name: string): Promise<void> => {
    const free = JSON.stringify({ metadata: { finalizers: null } });
    const claim = `/api/v1/namespaces/shop/persistentvolumeclaims/${name}`;
    for (const path of [claim, `/api/v1/persistentvolumes/pv-${name}`]) {
      await client.demand("DELETE", path);
      await client.send("PATCH", path, free, "application/merge-patch+json");
      assert.equal(await client.get(path), undefined);
    }
  };
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
});
