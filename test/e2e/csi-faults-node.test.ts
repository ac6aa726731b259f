/** Backups and restores over the node's CSI driver, whose faults are `testbed/go/csi/driver/faults.go`. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type CsiClaims, createCsiClaims, type Fault } from "../support/csi-claims.ts";
import { frontKubeconfig } from "../support/front-kubeconfig.ts";
import { s3Error, startHttpFront } from "../support/http-front.ts";
import { readKubeconfig } from "../support/kube-client.ts";
import { createS3Ark } from "../support/s3-ark.ts";
import { csi, type NodeAccess, sharedNode, whyNoSharedNode } from "../support/shared-node.ts";
import { uniqueNamespace } from "../support/shared-testbed.ts";
import { waitFor } from "../testbed/wait.ts";

const standalone = ["--mode", "standalone"] as const;

/** What drivers do wrong that is over in the end. */
const passing: Readonly<Record<string, Fault>> = {
  slow: { fault: "slow", milliseconds: "1500" },
  once: { fault: "fail-once" },
  lost: { fault: "answer-lost" },
  twice: { fault: "twice" },
  late: { fault: "not-ready", milliseconds: "1500" },
  full: { fault: "full", milliseconds: "500" },
};
const rate: Fault = { fault: "rate", milliseconds: "500" };

describe("a CSI driver on a real node", { skip: await whyNoSharedNode() }, () => {
  let node: NodeAccess;
  let ark: Ark;
  let claims: CsiClaims;
  let name: string;

  before(async () => {
    node = await sharedNode();
    ark = createArk(node.controlPlane.kubeconfig);
  });
  after(() => ark?.remove());
  beforeEach(async () => {
    name = uniqueNamespace("faults");
    claims = await createCsiClaims(node, name);
  });
  afterEach(() => claims.remove());

  /** The backup is called as the namespace is. */
  const backUp = (...flags: readonly string[]): readonly string[] => [
    ...["backup", "create", name, "--include-namespaces", name, ...flags, ...standalone],
  ];
  const restore = (...flags: readonly string[]): readonly string[] => [
    ...["restore", "create", "--from-backup", name, ...flags, ...standalone],
  ];
  const orphans = (...flags: readonly string[]) =>
    ark.run("volume", "orphans", ...flags, ...standalone);
  /** It may be bound after the run that waited for it no longer. */
  const hashOfBound = async (claim: string): Promise<string> => {
    const volume = () => claims.volumeOf(claim);
    return claims.hash(await waitFor(`claim ${claim} to be bound`, volume, { timeoutMs: 240_000 }));
  };
  /** Others use the node at the same time. */
  const leftOver = async (): Promise<readonly unknown[]> => {
    const { stdout } = await orphans("-o", "json");
    const { snapshots } = JSON.parse(stdout) as { snapshots: readonly { namespace: string }[] };
    return snapshots.filter(({ namespace }) => namespace === name);
  };
  const deleteBackup = (): Promise<string> =>
    ark.ok("backup", "delete", name, "--confirm", ...standalone);
  const counts = (volumes: ReadonlyMap<string, string>): Record<string, number> =>
    Object.fromEntries([...volumes].map(([claim, id]) => [claim, claims.snapshots(id).length]));
  /** Makes a claim whose snapshot has the fault. */
  const makeClaim = async (claim: string, fault: Fault, storageClass: string): Promise<string> =>
    claims.create(claim, { storageClass, snapshotClass: await claims.snapshotClass(claim, fault) });

  it("that is slow, fails once, answers twice or refuses for a while: all data comes back", async () => {
    const volumes = new Map<string, string>();
    const mappings: string[] = [];
    for (const [claim, fault] of Object.entries(passing)) {
      const plain = await claims.storageClass(`${claim}-plain`, {});
      mappings.push(`${plain}:${await claims.storageClass(claim, fault)}`);
      volumes.set(claim, await makeClaim(claim, fault, plain));
    }
    const snapshotClass = await claims.snapshotClass("rate", rate);
    for (const claim of ["rate-1", "rate-2", "rate-3"]) {
      volumes.set(claim, await claims.create(claim, { snapshotClass }));
    }
    const written = new Map([...volumes].map(([claim, id]) => [claim, claims.hash(id)]));
    assert.match(await ark.ok(...backUp()), /9 volumes: 9 protected/);
    assert.deepEqual(await claims.objectsLeft(), []);
    // Of the second answer no cluster knows anything.
    const expected = Object.fromEntries([...volumes.keys()].map((claim) => [claim, 1]));
    assert.deepEqual(counts(volumes), { ...expected, twice: 2 });
    for (const [claim, id] of volumes) {
      for (const { hash } of claims.snapshots(id)) assert.equal(hash, written.get(claim), claim);
    }

    await claims.wipe();
    // Volumes are made by drivers with the same faults.
    await ark.ok(...restore("--storage-class-mappings", mappings.join(",")));
    for (const claim of volumes.keys()) {
      const restored = await claims.volumeOf(claim);
      assert.ok(restored !== undefined && restored !== volumes.get(claim), claim);
      assert.equal(claims.hash(restored), written.get(claim), claim);
    }
    assert.deepEqual(await claims.objectsLeft(), []);
    assert.deepEqual(counts(volumes), { ...expected, twice: 2 });
    assert.deepEqual(await leftOver(), []);
    assert.match(await deleteBackup(), /and 9 CSI snapshots in the storage/);
    const nothing = Object.fromEntries([...volumes.keys()].map((claim) => [claim, 0]));
    assert.deepEqual(counts(volumes), { ...nothing, twice: 1 });
  });

  it("that always fails, is full or too slow: those claims are errors, and nothing of them stays", async () => {
    const faults: Readonly<Record<string, Fault>> = {
      fail: { fault: "fail" },
      full: { fault: "full", milliseconds: "13000" },
      slow: { fault: "slow", milliseconds: "13000" },
    };
    const volumes = new Map<string, string>();
    for (const [claim, fault] of Object.entries(faults)) {
      volumes.set(claim, await makeClaim(claim, fault, csi.storageClass));
    }
    volumes.set("good", await claims.create("good"));
    const ended = await ark.run(...backUp("--csi-snapshot-timeout", "10s"));
    assert.equal(ended.status, 3, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /4 volumes: 3 NOT PROTECTED, 1 protected/);
    const said = (claim: string): RegExp =>
      new RegExp(
        `error +no snapshot of claim ${name}/${claim}: .*waited 10 s for the driver to cut it; (.*?) +\\(ARK_SNAPSHOT_FAILED\\)`,
      );
    const last =
      "last report: Failed to check and update snapshot content: failed to take snapshot";
    for (const [claim, report] of [
      [
        "fail",
        `${last} of the volume ${volumes.get("fail")}: "rpc error: code = Internal desc = asked to fail"`,
      ],
      [
        "full",
        `${last} of the volume ${volumes.get("full")}: "rpc error: code = ResourceExhausted desc = no space left in the storage"`,
      ],
      ["slow", "nothing was reported"],
    ] as const) {
      assert.equal(said(claim).exec(ended.stdout)?.[1], report, ended.stdout);
    }
    assert.doesNotMatch(ended.stdout, /ARK_SNAPSHOT_LEFT/);
    assert.deepEqual(await claims.objectsLeft(), []);
    assert.deepEqual(counts(volumes), { fail: 0, full: 0, slow: 0, good: 1 });
    assert.deepEqual(await leftOver(), []);
    assert.match(await deleteBackup(), /and 1 CSI snapshot in the storage/);
    assert.deepEqual(counts(volumes), { fail: 0, full: 0, slow: 0, good: 0 });
  });

  it("that makes no volume of a snapshot: the claim is an error with its words, the rest comes back", async () => {
    const plain = await claims.storageClass("plain", {});
    const full = await claims.storageClass("full", { fault: "full", milliseconds: "999999" });
    const volumes = new Map([
      ["data", await claims.create("data", { storageClass: plain })],
      ["good", await claims.create("good")],
    ]);
    const written = claims.hash(volumes.get("good") ?? "");
    await ark.ok(...backUp());
    await claims.wipe();
    const flags = [
      "--storage-class-mappings",
      `${plain}:${full}`,
      "--wait-limits",
      "claim-bound=20s",
    ];
    const ended = await ark.run(...restore(...flags));
    assert.equal(ended.status, 3, ended.stdout + ended.stderr);
    const said = /claim \S*data: it has no volume made of its snapshot yet: (.*?) +\(ARK_/;
    const words = said.exec(ended.stdout)?.[1] ?? ended.stdout;
    const ofClaim = ["--field-selector", "involvedObject.name=data,type=Warning"];
    const events = await node.kubectl("get", "events", "-n", name, ...ofClaim, "-o", "json");
    const { items } = JSON.parse(events) as { items: readonly { message: string }[] };
    assert.ok(
      items.some(({ message }) => message === words),
      `${words}\n${events}`,
    );
    assert.equal(await hashOfBound("good"), written);
    assert.deepEqual(counts(volumes), { data: 1, good: 1 });
    assert.match(await deleteBackup(), /and 2 CSI snapshots in the storage/);
    assert.deepEqual(counts(volumes), { data: 0, good: 0 });
  });

  it("whose class is deleted, before, during or after a backup: others serve, or it is an error", async () => {
    const gone = { fault: "fail" };
    const volumes = new Map<string, string>();
    volumes.set("before", await makeClaim("before", gone, csi.storageClass));
    volumes.set("during", await makeClaim("during", {}, csi.storageClass));
    volumes.set("after", await makeClaim("after", {}, csi.storageClass));
    const written = new Map([...volumes].map(([claim, id]) => [claim, claims.hash(id)]));
    await claims.removeSnapshotClass(`${name}-before`);
    // The run has the list of classes; then one of them goes.
    const { cluster, ca, cert, key } = readKubeconfig(node.controlPlane.kubeconfig);
    const front = await startHttpFront(cluster["server"]!, { ca: ca!, cert: cert!, key: key! });
    let removed: Promise<void> | undefined;
    front.onAnswer = ({ url }) => {
      if (url.includes("/volumesnapshotclasses?")) {
        removed ??= claims.removeSnapshotClass(`${name}-during`);
      }
    };
    const kubeconfig = join(ark.home, "front");
    writeFileSync(kubeconfig, frontKubeconfig(front.endpoint));
    const ended = await ark.run(
      ...backUp("--csi-snapshot-timeout", "10s", "--kubeconfig", kubeconfig),
    );
    await removed;
    await front.close();
    assert.equal(ended.status, 3, ended.stdout + ended.stderr);
    assert.match(
      ended.stdout,
      new RegExp(
        `error +no snapshot of claim ${name}/during: .*Failed to get snapshot class with error .*"${name}-during" not found`,
      ),
    );
    assert.match(
      ended.stdout,
      new RegExp(`warning .*names snapshot class "${name}-before", which does not exist: another`),
    );
    assert.deepEqual(counts(volumes), { before: 1, during: 0, after: 1 });
    assert.deepEqual(await claims.objectsLeft(), []);
    await claims.removeSnapshotClass(`${name}-after`);
    await claims.wipe();
    await ark.ok(...restore());
    for (const claim of ["before", "after"]) {
      assert.equal(await hashOfBound(claim), written.get(claim), claim);
    }
    await deleteBackup();
    assert.deepEqual(counts(volumes), { before: 0, during: 0, after: 0 });
  });

  it("whose storage has lost a snapshot: it is named, the restore says so, and the backup can go", async () => {
    const volumes = new Map([
      ["data", await claims.create("data")],
      ["good", await claims.create("good")],
    ]);
    const written = claims.hash(volumes.get("good") ?? "");
    await ark.ok(...backUp());
    const [lost] = claims.snapshots(volumes.get("data") ?? "");
    claims.lose(lost?.id ?? "");
    const asked = await orphans("--ask-drivers");
    assert.equal(asked.status, 1);
    const row = `${name} +claim ${name}/data +is gone +${lost?.id} .*can not find snapshot`;
    assert.match(asked.stdout, new RegExp(row));
    await claims.wipe();
    const ended = await ark.run(...restore("--wait-limits", "claim-bound=20s"));
    assert.equal(ended.status, 3, ended.stdout + ended.stderr);
    const error = `claim ${name}/data: it has no volume made of its snapshot yet: .*can not find snapshot for snapshotID ${lost?.id}`;
    assert.match(ended.stdout, new RegExp(error));
    assert.equal(await hashOfBound("good"), written);
    assert.equal(await claims.volumeOf("data"), undefined);
    assert.match(await deleteBackup(), /and 2 CSI snapshots in the storage/);
    assert.deepEqual(counts(volumes), { data: 0, good: 0 });
  });

  it("and a bucket that is full when the snapshots are made: the backup fails, and they go", async () => {
    const volume = await claims.create("data");
    const { ark: inBucket, front } = await createS3Ark(node.controlPlane.kubeconfig);
    try {
      front.answer = ({ method }) =>
        method === "PUT" && claims.snapshots(volume).length > 0
          ? s3Error(507, "XMinioStorageFull")
          : undefined;
      const ended = await inBucket.run(...backUp());
      assert.equal(ended.status, 1, ended.stdout + ended.stderr);
      assert.match(ended.stderr, /ARK_STORE_FULL/);
      assert.deepEqual(claims.snapshots(volume), []);
      assert.deepEqual(await claims.objectsLeft(), []);
      front.answer = () => undefined;
      await inBucket.ok(...backUp());
      assert.deepEqual(
        claims.snapshots(volume).map(({ hash }) => hash),
        [claims.hash(volume)],
      );
      await inBucket.ok("backup", "delete", name, "--confirm", ...standalone);
      assert.deepEqual(claims.snapshots(volume), []);
    } finally {
      await front.close();
      inBucket.remove();
    }
  });
});
