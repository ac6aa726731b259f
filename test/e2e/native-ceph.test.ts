/** An application on RBD, lost with its volume's image and brought back: a real API server and Ceph. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import {
  type CephVolumes,
  inTreeRbdVolume,
  pool,
  startCephVolumes,
} from "../support/ceph-volumes.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { whyNoFetchedCeph } from "../testbed/ceph-programs.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";

const skip = (await whyNoTestbed()) || ((await whyNoFetchedCeph()) ?? false);
const claims = "/api/v1/namespaces/shop/persistentvolumeclaims";

describe("an application on RBD", { skip }, () => {
  let ceph: CephVolumes;
  let plane: ControlPlane;
  let client: KubeClient;
  let ark: Ark;
  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));

  /** Bound, as its controller would have it. */
  const makeClaim = async (name: string, image: string): Promise<void> => {
    const { spec, ...volume } = inTreeRbdVolume(image, [ceph.cluster.monitor.replace("v1:", "")]);
    const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: "shop", name };
    const metadata = { name: `pv-${name}` };
    const whole = { ...volume, metadata, spec: { ...(spec as object), claimRef } };
    await post("/api/v1/persistentvolumes", whole);
    const resources = { requests: { storage: "5Mi" } };
    const bound = { storageClassName: "rook-ceph-block", volumeName: `pv-${name}` };
    await post(claims, {
      metadata: { name },
      spec: { accessModes: ["ReadWriteOnce"], resources, ...bound },
    });
    const status = JSON.stringify({ status: { phase: "Bound", capacity: { storage: "5Mi" } } });
    await client.demand(
      "PATCH",
      `${claims}/${name}/status`,
      status,
      "application/merge-patch+json",
    );
  };
  const forget = async (path: string): Promise<void> => {
    const free = JSON.stringify({ metadata: { finalizers: null } });
    await client.demand("DELETE", path);
    await client.send("PATCH", path, free, "application/merge-patch+json");
    assert.equal(await client.get(path), undefined);
  };

  before(async () => {
    [ceph, plane] = await Promise.all([startCephVolumes(), startControlPlane()]);
    client = connectKube(plane.kubeconfig);
    ark = createArk(plane.kubeconfig);
    await ark.ok("install", "--crds-only");
    for (const name of ["ark-ts", "shop"]) await post("/api/v1/namespaces", { metadata: { name } });
    const { env } = ceph.cluster.programs;
    const library = `LD_LIBRARY_PATH=${env["LD_LIBRARY_PATH"]} exec "$RBD" "$@"`;
    const config = `monitors=${ceph.cluster.monitor},pools=${pool},rbdProgram=${ceph.script("rbd", library)}`;
    const keyring = readFileSync(ceph.config["credentialsFile"] ?? "", "utf8");
    await post("/api/v1/namespaces/ark-ts/secrets", {
      metadata: { name: "ceph" },
      stringData: { keyring },
    });
    const location = ["--provider", "ceph-rbd", "--config", config, "--credential", "ceph=keyring"];
    await ark.ok("snapshot-location", "create", "images", ...location, "--mode", "server");
  });
  after(async () => {
    ark?.remove();
    await client?.close();
    await plane?.stop();
    await ceph?.stop();
  });

  it("comes back with the bytes of its backup, and its snapshot goes with that", async () => {
    const image = await ceph.make();
    const hash = await ceph.hashOf(image);
    await makeClaim("db", image);
    const shop = ["--include-namespaces", "shop"];
    const made = await ark.ok("backup", "create", "b", ...shop);
    assert.match(made, /1 volume: 1 protected/);
    const [snapshot, ...others] = await ceph.snapshotsOf(image);
    assert.deepEqual(others, []);
    assert.equal(snapshot?.tags["velero.io/backup"], "b");
    assert.equal(snapshot.tags["velero.io/pv"], "pv-db");

    await ceph.rbd("bench", "--io-type", "write", "--io-size", "64K", "--io-total", "1M", image);
    await forget(`${claims}/db`);
    await forget("/api/v1/persistentvolumes/pv-db");
    await ceph.rbd("trash", "mv", image);
    await ark.ok("restore", "create", "r", "--from-backup", "b");
    const volume = JSON.parse(String(await client.get("/api/v1/persistentvolumes/pv-db")));
    assert.match(volume.spec.rbd.image, /^ark-vol-/);
    assert.equal(volume.spec.rbd.user, "kube");
    assert.equal(volume.spec.claimRef.name, "db");
    const claim = JSON.parse(String(await client.get(`${claims}/db`)));
    assert.equal(claim.spec.volumeName, "pv-db");
    const restored = `${pool}/${volume.spec.rbd.image}`;
    assert.equal(await ceph.hashOf(restored), hash);
    assert.deepEqual(await ceph.volumesOf(snapshot.id), [restored]);

    await ceph.rbd("flatten", "--no-progress", restored);
    await ark.ok("backup", "delete", "b", "--confirm");
    assert.deepEqual(await ceph.images(), [volume.spec.rbd.image]);
    assert.equal(await ceph.hashOf(restored), hash);
    assert.deepEqual(Object.keys(await ceph.trash()), [image.split("/")[1]]);
    for (const id of Object.values(await ceph.trash())) {
      await ceph.rbd("trash", "rm", "--no-progress", `${pool}/${id}`);
    }
  });
});
