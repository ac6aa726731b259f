import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { allGenres, type Bands, createBands } from "../support/bands.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { type Minio, startMinio } from "../testbed/minio.ts";
import { startVelero, type Velero } from "../testbed/velero.ts";

const feature = "EnableAPIGroupVersions";
const bucket = "versions";
const namespace = "stage";

/** What both prefer in the beginning; afterwards only v1beta1 is left of it. */
const formerly = ["v1", "v1beta1", "v2alpha1"];
const afterwards = ["v2", "v1beta1"];

describe(`versions of kinds, with a Velero that has ${feature}`, {
  skip: await whyNoTestbed(),
}, () => {
  let plane: ControlPlane;
  let minio: Minio;
  let client: KubeClient;
  let velero: Velero;
  let ark: Ark;
  let bands: Bands;

  before(async () => {
    plane = await startControlPlane();
    minio = await startMinio();
    await minio.createBucket(bucket);
    client = connectKube(plane.kubeconfig);
    bands = await createBands(client, namespace);
    await bands.serve(formerly);
    await bands.fill("v1");
    velero = await startVelero(plane, minio, { bucket, features: [feature] });
    ark = createArk(plane.kubeconfig, {
      AWS_ACCESS_KEY_ID: minio.accessKeyId,
      AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
    });
    const config = `region=${minio.region},s3ForcePathStyle=true,s3Url=${minio.endpoint}`;
    await ark.ok(
      ...["backup-location", "set", "shared", `s3://${bucket}`, "--config", config, "--default"],
    );
    const scope = ["--include-namespaces", namespace];
    await ark.ok("backup", "create", "from-ark", "--all-api-versions", ...scope);
    await velero.ok("backup", "create", "from-velero", ...scope, "--wait");
  });
  after(async () => {
    ark?.remove();
    await velero?.stop();
    await client?.close();
    await minio?.stop();
    await plane?.stop();
  });

  const restoredBy = async (name: string): Promise<{ phase: string; errors?: number }> =>
    JSON.parse(await velero.ok("restore", "get", name, "-o", "json")).status;

  it("shows an object in the version that is asked for", async () => {
    for (const backup of ["from-ark", "from-velero"]) {
      const object = `bands/${namespace}/abba`;
      const text = await ark.ok("backup", "cat", backup, object, "--api-version", "v2alpha1");
      assert.equal(JSON.parse(text).apiVersion, "music.example/v2alpha1");
      assert.equal(
        JSON.parse(await ark.ok("backup", "cat", backup, object)).apiVersion,
        "music.example/v1",
      );
      const listed = await ark.ok("backup", "ls", backup, "bands", "--api-version", "v1beta1");
      assert.match(listed, /abba +music\.example\/v1beta1 /);
      await ark.ok("backup", "verify", backup, "--level", "objects");
    }
  });

  it("a backup of ark-ts is restored by Velero in the version that is served now", async () => {
    await bands.serve(afterwards);
    await velero.sync([feature]);
    await velero.ok("restore", "create", "of-ark", "--from-backup", "from-ark", "--wait");
    const { phase, errors = 0 } = await restoredBy("of-ark");
    assert.deepEqual(
      [phase, errors],
      ["Completed", 0],
      await velero.ok("restore", "logs", "of-ark"),
    );
    assert.deepEqual(await bands.genres("v2"), allGenres);
  });

  it("and by a Velero without the feature, where its preferred version is served", async () => {
    await bands.serve(formerly);
    await velero.sync([]);
    await velero.ok("restore", "create", "plain", "--from-backup", "from-ark", "--wait");
    const { phase, errors = 0 } = await restoredBy("plain");
    assert.deepEqual([phase, errors], ["Completed", 0]);
    assert.deepEqual(await bands.genres("v1"), allGenres);
  });

  it("a backup of Velero is restored by ark-ts in the version that is served now", async () => {
    await bands.serve(afterwards);
    const foretold = await ark.ok("restore", "plan", "--from-backup", "from-velero");
    const text = await ark.ok("restore", "create", "of-velero", "--from-backup", "from-velero");
    for (const output of [foretold, text]) {
      const chosen = /bands\.music\.example in v1beta1; the cluster of the backup preferred v1/;
      assert.match(output, chosen);
    }
    assert.match(text, /failed 0/);
    assert.deepEqual(await bands.genres("v2"), allGenres);
  });
});
