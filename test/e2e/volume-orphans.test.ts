/** `volume orphans` as typed, on a real API server with the kinds of snapshots and no controller. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { type Ark, createArk } from "../support/ark.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { definitionFiles } from "../testbed/node/csi.ts";
import { waitFor } from "../testbed/wait.ts";

const execute = promisify(execFile);
const locationId = "00000000-0000-4000-8000-000000000001";

/** Of a driver that is not there; the volume controller binds them. */
function claimWithVolume(): readonly object[] {
  const driver = "disk.example";
  const spec = { accessModes: ["ReadWriteOnce"], storageClassName: "disks" };
  const name = "pv-data";
  return [
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name },
      spec: {
        ...spec,
        capacity: { storage: "1Gi" },
        persistentVolumeReclaimPolicy: "Retain",
        claimRef: {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          namespace: "default",
          name: "data",
        },
        csi: { driver, volumeHandle: "disk-1" },
      },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data", namespace: "default" },
      spec: { ...spec, volumeName: name, resources: { requests: { storage: "1Gi" } } },
    },
    {
      apiVersion: "snapshot.storage.k8s.io/v1",
      kind: "VolumeSnapshotClass",
      metadata: { name: "disks" },
      ...{ driver, deletionPolicy: "Delete" },
    },
  ];
}

describe("volume orphans", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let ark: Ark;
  const orphans = ["volume", "orphans"] as const;
  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const file = await ensureBinary("kubectl");
    return (await execute(file, [`--kubeconfig=${plane.kubeconfig}`, ...args])).stdout;
  };
  const snapshotNames = (): Promise<string> =>
    kubectl("get", "volumesnapshots,volumesnapshotcontents", "-A", "-o", "name");
  /** As the run of a backup makes it. */
  const snapshot = (name: string, cluster: string) => ({
    apiVersion: "snapshot.storage.k8s.io/v1",
    kind: "VolumeSnapshot",
    metadata: {
      name,
      namespace: "default",
      labels: { "velero.io/backup-name": "gone", "ark-ts.dev/run-uid": `run-of-${name}` },
      annotations: {
        "ark-ts.dev/made-in-cluster": cluster,
        "ark-ts.dev/made-for-location": locationId,
        "ark-ts.dev/made-for-place": "~/backups",
      },
    },
    spec: { source: { persistentVolumeClaimName: "data" } },
  });

  before(async () => {
    plane = await startControlPlane();
    ark = createArk(plane.kubeconfig);
    await ark.ok("backup", "create", "kept", "--include-namespaces", "default");
  });
  after(async () => {
    ark?.remove();
    await plane?.stop();
  });

  it("says clearly that a cluster has no kinds of snapshots", async () => {
    const { status, stderr } = await ark.run(...orphans);
    assert.equal(status, 1);
    assert.match(stderr, /does not serve snapshot\.storage\.k8s\.io\/v1/);
    assert.match(stderr, /ARK_SNAPSHOTS_NOT_SERVED/);
  });

  const serveSnapshots = async (): Promise<void> => {
    const files = await definitionFiles();
    await kubectl("apply", "--server-side", ...files.flatMap((file) => ["-f", file]));
    await kubectl("wait", "--for=condition=established", "--timeout=240s", "crd", "--all");
  };
  const apply = async (...items: readonly object[]): Promise<void> => {
    const file = join(ark.home, "objects.json");
    writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    await kubectl("apply", "-f", file);
  };

  it("lists what no backup has, and removes that only, when it is confirmed", async () => {
    await serveSnapshots();
    assert.match(await ark.ok(...orphans), /nothing is left over/);

    const folder = join(ark.dataFolder, "metadata/ark-ts");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "location-id"), `${locationId}\n`);
    const here = await kubectl("get", "ns", "kube-system", "-o", "jsonpath={.metadata.uid}");
    const byHand = snapshot("by-hand", here);
    const { labels: _labels, ...unlabelled } = byHand.metadata;
    await apply(snapshot("lost", here), snapshot("foreign", "another-cluster"), {
      ...byHand,
      metadata: unlabelled,
    });

    const listed = JSON.parse(await ark.ok(...orphans, "-o", "json")) as {
      snapshots: { name: string; state: string }[];
    };
    const states = listed.snapshots.map(({ name, state }) => `${name} ${state}`);
    assert.deepEqual(states.sort(), ["foreign other-cluster", "lost orphan"]);
    const table = await ark.ok(...orphans);
    assert.match(table, /default\/lost +orphan +backup gone .*there is no backup gone/);
    assert.match(table, /default\/foreign +of another cluster .*another-cluster/);
    assert.match(table, /ark-ts volume orphans --remove/);

    const unconfirmed = await ark.run(...orphans, "--remove");
    assert.equal(unconfirmed.status, 2);
    assert.match(unconfirmed.stderr, /--confirm/);
    assert.match(await snapshotNames(), /lost/);

    const removed = await ark.ok(...orphans, "--remove", "--confirm");
    assert.match(removed, /1 snapshot of 1 removed/);
    const left = await snapshotNames();
    assert.doesNotMatch(left, /lost/);
    assert.match(left, /foreign/);
    assert.match(left, /by-hand/);
  });

  it("leaves those of a run that died to backup discard, which leaves those of users", async () => {
    await apply(...claimWithVolume());
    await kubectl("wait", "--for=jsonpath={.status.phase}=Bound", "pvc/data", "--timeout=240s");
    const mine = (): Promise<string> =>
      kubectl("get", "volumesnapshots", "-l", "velero.io/backup-name=begun", "-o", "name");
    // No controller is there to bind its snapshot: the run waits for that, and dies there.
    let pid = 0;
    const onPid = (known: number): void => {
      pid = known;
    };
    const words = ["backup", "create", "begun", "--include-namespaces", "default"];
    const ended = ark.runWith({ onPid }, ...words);
    await waitFor("its VolumeSnapshot", async () => (await mine()) !== "", { timeoutMs: 240_000 });
    process.kill(pid, "SIGKILL");
    assert.equal((await ended).status, -1);

    assert.match(
      await ark.ok(...orphans),
      /interrupted +backup begun .*ark-ts backup discard begun/,
    );
    assert.match(await ark.ok(...orphans, "--remove", "--confirm"), /nothing to remove/);
    assert.notEqual(await mine(), "");

    await ark.ok("backup", "discard", "begun", "--confirm");
    assert.equal(await mine(), "");
    assert.match(await snapshotNames(), /by-hand/);
    assert.match(await snapshotNames(), /foreign/);
  });

  /** As snapshot controller and driver say that a snapshot of a run is made. */
  const cut = async (name: string, contentName = "cut"): Promise<void> => {
    const apiVersion = "snapshot.storage.k8s.io/v1";
    const volumeSnapshotRef = { apiVersion, kind: "VolumeSnapshot", namespace: "default", name };
    await apply({
      ...{ apiVersion, kind: "VolumeSnapshotContent", metadata: { name: contentName } },
      spec: {
        ...{ driver: "disk.example", deletionPolicy: "Delete", volumeSnapshotRef },
        source: { volumeHandle: "disk-1" },
      },
    });
    const say = (what: string, status: object) =>
      kubectl("patch", what, ...asMerge, JSON.stringify({ status }));
    const asMerge = ["--subresource=status", "--type=merge", "-p"];
    await say(`volumesnapshotcontent/${contentName}`, {
      snapshotHandle: "snap-1",
      readyToUse: true,
    });
    await say(`volumesnapshot/${name}`, {
      ...{ boundVolumeSnapshotContentName: contentName, readyToUse: true },
      creationTime: new Date().toISOString(),
    });
  };

  it("are waited for by a small backup that goes on where it was killed", async () => {
    const words = ["backup", "create", "waits", "--include-namespaces", "default"];
    const mine = (): Promise<string> =>
      kubectl("get", "volumesnapshots", "-l", "velero.io/backup-name=waits", "-o", "name");
    const runs = join(ark.dataFolder, "metadata/ark-ts/runs");
    const checkpoints = (): readonly string[] =>
      existsSync(runs)
        ? readdirSync(runs, { recursive: true, encoding: "utf8" }).filter((path) =>
            /^[-0-9a-f]{36}\/1$/.test(path),
          )
        : [];
    let pid = 0;
    const onPid = (known: number): void => {
      pid = known;
    };
    const killed = ark.runWith({ onPid }, ...words);
    await waitFor("what it has listed to be kept", async () => checkpoints().length > 0, {
      timeoutMs: 240_000,
    });
    process.kill(pid, "SIGKILL");
    assert.equal((await killed).status, -1);

    const again = ark.run(...words);
    await cut((await mine()).trim().replace(/^.*\//, ""), "cut-again");
    const { status, stdout, stderr } = await again;
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /continued +from a process that died: \d+ objects were there already/);
    assert.equal(await mine(), "");
    await ark.ok("backup", "verify", "waits");
  });

  it("lists what a restore left whose namespace was deleted, and removes the objects alone", async () => {
    await apply({
      ...{ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "disks" } },
      ...{ provisioner: "disk.example", volumeBindingMode: "WaitForFirstConsumer" },
    });
    const words = ["backup", "create", "with-data", "--include-namespaces", "default"];
    const taken = ark.ok(...words);
    const names = (): Promise<string> =>
      kubectl("get", "volumesnapshots", "-l", "velero.io/backup-name=with-data", "-o", "name");
    await waitFor("its VolumeSnapshot", async () => (await names()) !== "", {
      timeoutMs: 240_000,
    });
    await cut((await names()).trim().replace(/^.*\//, ""));
    await taken;
    const restore = ["restore", "create", "r1", "--from-backup", "with-data"];
    await ark.ok(...restore, "--namespace-mappings", "default:copy");
    const ours = (): Promise<string> =>
      kubectl("get", "volumesnapshotcontents", "-l", "velero.io/restore-name=r1", "-o", "name");
    assert.match(await ours(), /\/ark-[0-9a-f]{32}\n$/);
    assert.match(await ark.ok(...orphans), /1 in use by runs that go on, or by claims/);
    assert.match(await ark.ok(...orphans, "--remove", "--confirm"), /nothing to remove/);

    await kubectl("delete", "namespace", "copy", "--timeout=240s");
    assert.notEqual(await ours(), "");
    const listed = await ark.ok(...orphans);
    assert.match(
      listed,
      /ark-[0-9a-f]{32} +left over +restore r1 .*no claim in copy is made of it/,
    );
    assert.match(listed, /to remove 1 snapshot: ark-ts volume orphans --remove/);
    assert.match(await ark.ok(...orphans, "--remove", "--confirm"), /1 snapshot of 1 removed/);
    assert.equal(await ours(), "");
    assert.doesNotMatch(await ark.ok(...orphans), /left over {2}/);
  });
});
