/**
 * Native snapshots of Google Persistent Disks by what is built in: a real API server, MinIO, and a
 * double of Compute Engine.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import {
  type ComputeDouble,
  project,
  startComputeDouble,
} from "../support/compute/compute-double.ts";
import { inTreePdVolume } from "../support/compute/disk-volumes.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { createServedLocation, provideBucket } from "../support/served-location.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";

const skip = await whyNoTestbed();
const insertSnapshot = /^POST .*\/global\/snapshots$/;
const insertDisk = /^POST .*\/zones\/[^/]+\/disks$/;
const zone = "us-central1-a";

describe("native snapshots at Google Cloud", { skip }, () => {
  let plane: ControlPlane;
  let compute: ComputeDouble;
  let client: KubeClient;
  let ark: Ark;
  let server: ArkServer;
  const folder = mkdtempSync(join(tmpdir(), "ark-gcp-"));
  const bucket = uniqueBucket("gcp");
  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  // biome-ignore lint/suspicious/noExplicitAny: as the API server answers.
  const get = async (path: string): Promise<any> =>
    JSON.parse((await client.get(path))?.toString() ?? "{}");

  /** A disk, the object that stands for it, and its claim, bound. */
  const makeVolume = async (name: string): Promise<void> => {
    const type = compute.link(`projects/${project}/zones/${zone}/diskTypes/pd-ssd`);
    compute.addDisk(name, `zones/${zone}`, { type, labels: { team: "shop" } });
    const volume = inTreePdVolume(name, zone);
    const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: "shop", name };
    const spec = {
      ...(volume["spec"] as object),
      persistentVolumeReclaimPolicy: "Retain",
      claimRef,
    };
    await post("/api/v1/persistentvolumes", { ...volume, spec });
    const claims = "/api/v1/namespaces/shop/persistentvolumeclaims";
    const resources = { requests: { storage: "10Gi" } };
    const own = { accessModes: ["ReadWriteOnce"], storageClassName: "standard", resources };
    await post(claims, { metadata: { name }, spec: { ...own, volumeName: `pv-${name}` } });
    const bound = { status: { phase: "Bound", capacity: { storage: "10Gi" } } };
    const merge = "application/merge-patch+json";
    await client.demand("PATCH", `${claims}/${name}/status`, JSON.stringify(bound), merge);
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
  const snapshotsOf = (name: string) =>
    [...compute.snapshots.values()].filter(({ sourceDisk }) =>
      String(sourceDisk).endsWith(`/disks/${name}`),
    );
  /** The disks that were made of a snapshot, and the one that the object names. */
  const restored = async (snapshot: unknown, name: string) => {
    const made = [...compute.disks.values()].filter(({ sourceSnapshot }) =>
      String(sourceSnapshot).endsWith(`/snapshots/${String(snapshot)}`),
    );
    const { spec } = await get(`/api/v1/persistentvolumes/pv-${name}`);
    return { made, pdName: spec?.gcePersistentDisk?.pdName };
  };

  before(async () => {
    compute = await startComputeDouble();
    const minio = await sharedMinio();
    plane = await startControlPlane();
    client = connectKube(plane.kubeconfig);
    ark = createArk(plane.kubeconfig);
    await ark.ok("install", "--crds-only");
    for (const name of ["ark-ts", "shop"]) await post("/api/v1/namespaces", { metadata: { name } });
    await provideBucket(client, minio, bucket);
    const secret = { metadata: { name: "gcp" }, stringData: { cloud: compute.keyFile } };
    await post("/api/v1/namespaces/ark-ts/secrets", secret);
    const plugins = join(folder, "none");
    mkdirSync(plugins);
    const { CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE = "" } = compute.env;
    const env = { CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE };
    server = startArkServer({ home: ark.home, env }, plane.kubeconfig, "--plugin-dir", plugins);
    await server.ready("leading");
    await createServedLocation(ark, minio, bucket);
    const disks = ["--provider", "gcp", "--config", "snapshotLocation=us"];
    await ark.ok("snapshot-location", "create", "disks", ...disks, "--credential", "gcp=cloud");
  });
  after(async () => {
    server?.kill("SIGTERM");
    await server?.ended;
    ark?.remove();
    await client?.close();
    await plane?.stop();
    await compute?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("are made, restored and deleted by a server, with a credential of its own", async () => {
    await makeVolume("one");
    await ark.ok("backup", "create", "b", "--include-namespaces", "shop", "--wait");
    const [snapshot, ...others] = snapshotsOf("one");
    assert.ok(snapshot !== undefined);
    assert.deepEqual(others, []);
    assert.equal(snapshot["status"], "READY");
    assert.deepEqual(snapshot["labels"], { team: "shop" });
    assert.deepEqual(snapshot["storageLocations"], ["us"]);
    const tags = JSON.parse(String(snapshot["description"]));
    assert.equal(tags["velero.io/backup"], "b");
    assert.equal(tags["velero.io/pv"], "pv-one");
    await forget("one");
    await ark.ok("restore", "create", "r", "--from-backup", "b", "--wait");
    const { made, pdName } = await restored(snapshot["name"], "one");
    assert.equal(made.length, 1);
    assert.equal(pdName, made[0]?.["name"]);
    assert.match(String(made[0]?.["type"]), /\/zones\/us-central1-a\/diskTypes\/pd-ssd$/);
    const claim = await get("/api/v1/namespaces/shop/persistentvolumeclaims/one");
    assert.equal(claim.spec.volumeName, "pv-one");
    await ark.ok("backup", "delete", "b", "--confirm");
    assert.deepEqual(snapshotsOf("one"), []);
    assert.equal((await restored(snapshot["name"], "one")).made.length, 1);
    await forget("one");
  });

  it("are made once where Google's answers are lost, which is no error", async () => {
    await makeVolume("two");
    const asked = [compute.count(insertSnapshot), compute.count(insertDisk)];
    compute.plan(insertSnapshot, "lost");
    await ark.ok("backup", "create", "c", "--include-namespaces", "shop", "--wait");
    const [snapshot, ...others] = snapshotsOf("two");
    assert.ok(snapshot !== undefined);
    assert.deepEqual(others, []);
    await forget("two");
    compute.plan(insertDisk, "lost");
    await ark.ok("restore", "create", "s", "--from-backup", "c", "--wait");
    const { made, pdName } = await restored(snapshot["name"], "two");
    assert.equal(made.length, 1);
    assert.equal(pdName, made[0]?.["name"]);
    assert.deepEqual(
      [compute.count(insertSnapshot), compute.count(insertDisk)],
      [(asked[0] ?? 0) + 1, (asked[1] ?? 0) + 1],
    );
    await forget("two");
  });

  it("are errors of the backup where Google fails with what it had accepted", async () => {
    await makeVolume("three");
    const message = "Quota 'SNAPSHOTS' exceeded. Limit: 1000.0 globally.";
    compute.scripts.push({ error: { code: "QUOTA_EXCEEDED", message, status: 403 } });
    const ran = await ark.run("backup", "create", "d", "--include-namespaces", "shop", "--wait");
    assert.equal(ran.status, 3, ran.stderr);
    assert.deepEqual(snapshotsOf("three"), []);
    const told = await ark.ok("backup", "describe", "d", "--details");
    assert.match(told, /Quota 'SNAPSHOTS' exceeded/);
    await forget("three");
  });
});
