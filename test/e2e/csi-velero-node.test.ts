/** Backups with CSI snapshots, exchanged with real Velero and its own CSI support on the real node. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type CsiClaims, createCsiClaims } from "../support/csi-claims.ts";
import { createS3Ark, type S3Ark } from "../support/s3-ark.ts";
import { type NodeAccess, sharedNode, whyNoSharedNode } from "../support/shared-node.ts";
import { sharedMinio, uniqueNamespace } from "../support/shared-testbed.ts";
import { startVelero, type Velero } from "../testbed/velero.ts";
import { waitFor } from "../testbed/wait.ts";

const timeoutMs = 240_000;
const standalone = ["--mode", "standalone"] as const;

describe("backups with CSI snapshots, exchanged with Velero 1.18.3", {
  skip: await whyNoSharedNode(),
}, () => {
  const namespace = uniqueNamespace("traded");
  const veleroNamespace = uniqueNamespace("velero");
  const copy = `${namespace}-copy`;
  let node: NodeAccess;
  let claims: CsiClaims;
  let s3: S3Ark;
  let velero: Velero;
  /** Of each claim, by its name. */
  let written: ReadonlyMap<string, string>;
  let volumes: readonly string[];

  before(async () => {
    node = await sharedNode();
    s3 = await createS3Ark(node.controlPlane.kubeconfig);
    velero = await startVelero(node.controlPlane, await sharedMinio(), {
      ...{ bucket: s3.bucket, namespace: veleroNamespace, features: ["EnableCSI"] },
    });
    claims = await createCsiClaims(node, namespace);
    await claims.create("one");
    await claims.create("two");
    await look();
  });
  after(async () => {
    await claims?.remove(copy, veleroNamespace);
    await velero?.stop();
    await s3?.front.close();
    s3?.ark.remove();
  });

  async function look(): Promise<void> {
    const names = ["one", "two"];
    volumes = await Promise.all(names.map(async (name) => (await claims.volumeOf(name)) ?? ""));
    written = new Map(names.map((name, at) => [name, claims.hash(volumes[at] ?? "")]));
  }
  const counts = (): readonly number[] => volumes.map((id) => claims.snapshots(id).length);
  /** Each claim has a volume of its own with the bytes that were written. */
  async function assertBack(place: string): Promise<void> {
    for (const [name, hash] of written) {
      const isBound = () => claims.volumeOf(name, place);
      const volume = await waitFor(`claim ${name} to be bound`, isBound, { timeoutMs });
      assert.ok(!volumes.includes(volume), name);
      assert.equal(claims.hash(volume), hash, name);
    }
  }
  const phaseOf = async (noun: "backup" | "restore", name: string): Promise<string> => {
    const { status } = JSON.parse(await velero.ok(noun, "get", name, "-o", "json")) as {
      readonly status: { readonly phase: string };
    };
    return status.phase;
  };

  it("Velero takes one, the namespace goes, ark-ts restores the bytes and deletes it with its snapshots", async () => {
    await velero.ok("backup", "create", "theirs", "--include-namespaces", namespace, "--wait");
    assert.equal(await phaseOf("backup", "theirs"), "Completed", velero.readLog().slice(-5000));
    assert.deepEqual(counts(), [1, 1]);
    await claims.wipe();
    const { ark } = s3;
    await ark.ok("restore", "create", "back", "--from-backup", "theirs", ...standalone);
    await assertBack(namespace);
    await ark.ok(
      ...["restore", "create", "copied", "--from-backup", "theirs", ...standalone],
      ...["--namespace-mappings", `${namespace}:${copy}`],
    );
    await assertBack(copy);
    assert.deepEqual(await claims.objectsLeft(copy), []);
    assert.deepEqual(counts(), [1, 1]);
    const gone = await ark.ok("backup", "delete", "theirs", "--confirm", ...standalone);
    assert.match(gone, /and 2 CSI snapshots in the storage/);
    assert.deepEqual(counts(), [0, 0]);
  });

  it("ark-ts takes one, the namespace goes, Velero restores the bytes and deletes it with its snapshots", async () => {
    await look();
    const { ark } = s3;
    await ark.ok("backup", "create", "ours", "--include-namespaces", namespace, ...standalone);
    assert.deepEqual(counts(), [1, 1]);
    await velero.sync();
    await claims.wipe();
    await velero.ok("restore", "create", "by-velero", "--from-backup", "ours", "--wait");
    assert.equal(await phaseOf("restore", "by-velero"), "Completed", velero.readLog().slice(-5000));
    await assertBack(namespace);
    assert.deepEqual(counts(), [1, 1]);
    await velero.ok("backup", "delete", "ours", "--confirm");
    const isGone = async () => (await velero.run("backup", "get", "ours")).status !== 0;
    await waitFor("Velero to delete the backup", isGone, { timeoutMs });
    await waitFor("the driver to delete the snapshots", () => counts().every((one) => one === 0), {
      timeoutMs,
    });
    assert.doesNotMatch(await ark.ok("backup", "get", ...standalone), /ours/);
  });
});
