/** Which images PersistentVolumes stand for, and how one is made to stand for another. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseCephOptions } from "../../../plugins/volume-snapshotter-ceph/options.ts";
import {
  imageOfVolume,
  withImage,
} from "../../../plugins/volume-snapshotter-ceph/volume-object.ts";
import { withValue } from "../../../src/lib/json-edit.ts";
import type { PersistentVolume } from "../../../src/ports/volume-snapshotter.ts";
import { cephCsiVolume, inTreeRbdVolume } from "../../support/ceph-volumes.ts";

const parse = (config: Readonly<Record<string, string>>) =>
  parseCephOptions({ name: "images", provider: "ceph-rbd", config });
const place = parse({ pools: "replicapool, rbd", monitors: "10.0.0.1; 10.0.0.2" });
const uuid = "b0285c97-a0ce-11eb-8c66-0242ac110002";
const image = { pool: "replicapool", namespace: "", name: `csi-vol-${uuid}` };
const csi = cephCsiVolume(`replicapool/csi-vol-${uuid}`);
const attribute = (key: string, value: string, volume: PersistentVolume = csi): PersistentVolume =>
  withValue(volume, ["spec", "csi", "volumeAttributes", key], value);

describe("volumes of RBD", () => {
  it("are those of Ceph's CSI driver, under Rook's name too, and in-tree ones", () => {
    assert.deepEqual(imageOfVolume(csi, place), image);
    const upstream = cephCsiVolume(`replicapool/csi-vol-${uuid}`, "rbd.csi.ceph.com");
    assert.deepEqual(imageOfVolume(upstream, place), image);
    const inTree = inTreeRbdVolume("replicapool/db");
    assert.deepEqual(imageOfVolume(inTree, place), { ...image, name: "db" });
    const unnamed = withValue(inTree, ["spec", "rbd", "pool"], "");
    assert.deepEqual(imageOfVolume(unnamed, place), { ...image, pool: "rbd", name: "db" });
  });

  it("are not those of others: drivers, pools, clusters, namespaces", () => {
    for (const driver of [
      "rook-ceph.cephfs.csi.ceph.com",
      "xrbd.csi.ceph.com",
      "ebs.csi.aws.com",
    ]) {
      assert.equal(imageOfVolume(cephCsiVolume("replicapool/x", driver), place), undefined, driver);
    }
    assert.equal(imageOfVolume(cephCsiVolume("other/x"), place), undefined);
    assert.equal(imageOfVolume(inTreeRbdVolume("other/x"), place), undefined);
    assert.equal(imageOfVolume(attribute("radosNamespace", "blue"), place), undefined);
    const blue = { ...place, radosNamespace: "blue", clusterId: "rook-ceph" };
    assert.deepEqual(imageOfVolume(attribute("radosNamespace", "blue"), blue)?.namespace, "blue");
    assert.equal(imageOfVolume(csi, blue), undefined);
    assert.equal(imageOfVolume(csi, { ...place, clusterId: "rook-two" }), undefined);
  });

  it("of older drivers are named by their handle, static ones are their handle", () => {
    const older = attribute("imageName", "");
    assert.deepEqual(imageOfVolume(older, place), image);
    const prefixed = attribute("volumeNamePrefix", "blue-", older);
    assert.equal(imageOfVolume(prefixed, place)?.name, `blue-${uuid}`);
    const handle = ["spec", "csi", "volumeHandle"];
    const static_ = withValue(attribute("staticVolume", "true"), handle, "by-hand");
    assert.equal(imageOfVolume(static_, place)?.name, "by-hand");
  });

  it("that cannot be read or restored are refused by name", () => {
    const names = ["a/b", "a@b", "--all", ""];
    for (const name of names) {
      const odd = withValue(inTreeRbdVolume("replicapool/x"), ["spec", "rbd", "image"], name);
      assert.throws(() => imageOfVolume(odd, place), { code: "ARK_PROVIDER_FAILED" }, name);
    }
    assert.throws(() => imageOfVolume(attribute("pool", ""), place), /volumeAttributes\.pool/);
    assert.throws(() => imageOfVolume(attribute("encrypted", "true"), place), /is encrypted/);
  });

  it("of the CSI driver become static ones, which keep what the node needs", () => {
    const made = withImage(attribute("mounter", "rbd-nbd"), { ...image, name: "ark-vol-1" });
    const { csi: source, persistentVolumeReclaimPolicy } = made["spec"] as Record<string, unknown>;
    assert.equal(persistentVolumeReclaimPolicy, "Retain");
    assert.deepEqual(source, {
      driver: "rook-ceph.rbd.csi.ceph.com",
      fsType: "ext4",
      nodeStageSecretRef: { name: "rook-csi-rbd-node", namespace: "rook-ceph" },
      volumeAttributes: {
        clusterID: "rook-ceph",
        imageFeatures: "layering",
        imageFormat: "2",
        imageName: "ark-vol-1",
        mounter: "rbd-nbd",
        pool: "replicapool",
        staticVolume: "true",
      },
      volumeHandle: "ark-vol-1",
    });
    assert.equal(imageOfVolume(made, place)?.name, "ark-vol-1");
  });

  it("in-tree get another image, and others none", () => {
    const made = withImage(inTreeRbdVolume("replicapool/db"), { ...image, pool: "rbd", name: "n" });
    const spec = made["spec"] as Record<string, Record<string, unknown>>;
    const secretRef = { name: "ceph-secret", namespace: "kube-system" };
    const rest = { fsType: "ext4", monitors: ["10.0.0.1:6789"], secretRef, user: "kube" };
    assert.deepEqual(spec["rbd"], { ...rest, image: "n", pool: "rbd" });
    const foreign = { ...csi, spec: { csi: { driver: "ebs.csi.aws.com" } } };
    assert.throws(() => withImage(foreign, image), /is none of RBD/);
  });
});

describe("the config of a location for RBD", () => {
  it("takes lists with commas or spaces, and the user's name in either form", () => {
    assert.deepEqual(place.pools, ["replicapool", "rbd"]);
    assert.equal(place.monitors, "10.0.0.1,10.0.0.2");
    const { user } = parse({ pools: "a", configFile: "/etc/ceph/ceph.conf", user: "client.ark" });
    assert.equal(user, "ark");
  });

  it("is refused with all that is wrong with it", () => {
    const wrong = { pools: "a,--b", user: "x/y", commandTimeoutSeconds: "0", bucket: "b" };
    assert.throws(
      () => parse(wrong),
      /unknown key "bucket"; user cannot .*; pools must be names|pools must be names.*user cannot/,
    );
    assert.throws(() => parse(wrong), /commandTimeoutSeconds must be a number of seconds/);
    assert.throws(() => parse({}), /pools is missing; monitors or configFile must be given/);
    assert.throws(() => parse({ pools: "a", monitors: "--id" }), /monitors must be addresses/);
  });
});
