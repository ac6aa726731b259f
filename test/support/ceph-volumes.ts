/** Images in a real Ceph, the PersistentVolumes that stand for them, and locations on them. */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openVolumeSnapshotter } from "../../plugins/registry.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { zoneOfVolume } from "../../src/domain/volumes/native/zone-of-volume.ts";
import type { PersistentVolume, VolumeSnapshotter } from "../../src/ports/volume-snapshotter.ts";
import { type CephCluster, startCeph } from "../testbed/ceph-cluster.ts";

export const pool = "replicapool";
/** Keeps the data of images whose headers are in `pool`. */
export const dataPool = "datapool";
const zone = "west-1";

export interface CephVolumes {
  readonly cluster: CephCluster;
  readonly config: Readonly<Record<string, string>>;
  /** `rbd` as the administrator runs it. */
  rbd(...args: readonly string[]): Promise<string>;
  /** A new image of random bytes: its id. */
  make(options?: readonly string[]): Promise<string>;
  /** SHA-256 of all of its bytes. */
  hashOf(id: string): Promise<string>;
  /** Of all images in the pool. */
  images(): Promise<readonly string[]>;
  /** Snapshots that were made of the volume, whole ones only. */
  snapshotsOf(
    id: string,
  ): Promise<readonly { readonly id: string; readonly tags: Readonly<Record<string, string>> }[]>;
  volumesOf(snapshotId: string): Promise<readonly string[]>;
  /** In the trash: ids by names. */
  trash(): Promise<Readonly<Record<string, string>>>;
  /** What is asked is bounded by the program alone. `config` goes before the usual one. */
  open(config?: Readonly<Record<string, string>>): Promise<VolumeSnapshotter>;
  /** A program that runs `script`, in which `$RBD` stands for the real one: its path. */
  script(name: string, script: string): string;
  stop(): Promise<void>;
}

export async function startCephVolumes(): Promise<CephVolumes> {
  const cluster = await startCeph();
  try {
    return await prepare(cluster);
  } catch (error) {
    await cluster.group.stop();
    throw error;
  }
}

async function prepare(cluster: CephCluster): Promise<CephVolumes> {
  const { folder } = cluster.group;
  const rbd = (...args: readonly string[]): Promise<string> => cluster.run("rbd", ...args);
  for (const name of [pool, dataPool])
    await cluster.run("ceph", "osd", "pool", "create", name, "8");
  await rbd("pool", "init", pool);
  const keyring = join(folder, "client.ark.keyring");
  // What the README asks for.
  const capabilities = [
    ...["mon", "profile rbd"],
    ...["osd", `profile rbd pool=${pool}, profile rbd pool=${dataPool}`],
  ];
  const created = ["auth", "get-or-create", "client.ark", ...capabilities, "-o", keyring];
  await cluster.run("ceph", ...created);
  const real = join(cluster.programs.root, "usr/bin/rbd");
  const config = {
    pools: pool,
    monitors: cluster.monitor,
    credentialsFile: keyring,
    rbdProgram: real,
  };
  const readJson = async (...args: readonly string[]) =>
    JSON.parse((await rbd(...args, "--format", "json")).trim() || "[]");
  /** Clones of an image or snapshot, also of snapshots that live on for them alone. */
  const childrenOf = async (of: string): Promise<readonly string[]> => {
    type Children = readonly { readonly pool: string; readonly image: string }[];
    const children: Children = await readJson("children", of);
    return children.map((one) => `${one.pool}/${one.image}`);
  };
  const images = async (): Promise<readonly string[]> => await readJson("ls", pool);
  return {
    ...{ cluster, config, rbd, images },
    async make(options = []) {
      const id = `${pool}/csi-vol-${randomUUID()}`;
      const file = join(folder, "bytes");
      writeFileSync(file, randomBytes(5 * 1024 * 1024));
      await rbd("import", "--no-progress", ...options, file, id);
      return id;
    },
    async hashOf(id) {
      const file = join(folder, "exported");
      rmSync(file, { force: true });
      await rbd("export", "--no-progress", id, file);
      return createHash("sha256").update(readFileSync(file)).digest("hex");
    },
    async snapshotsOf(id) {
      const found: { readonly id: string; readonly tags: Record<string, string> }[] = [];
      for (const child of await childrenOf(id)) {
        const notes = await readJson("image-meta", "list", child);
        const { volume, tags } = JSON.parse(notes["ark-ts.dev/snapshot"] ?? "{}");
        const marks: readonly { readonly name: string }[] = await readJson("snap", "ls", child);
        const isWhole = volume === id && marks.length === 1 && marks[0]?.name === "ark-ts";
        if (isWhole) found.push({ id: `${child}@ark-ts`, tags });
      }
      return found;
    },
    volumesOf: childrenOf,
    async trash() {
      const all: { readonly id: string; readonly name: string }[] = await readJson(
        "trash",
        "ls",
        pool,
      );
      return Object.fromEntries(all.map(({ id, name }) => [name, id]));
    },
    open: (changed = {}) =>
      openVolumeSnapshotter(
        { name: "images", provider: "ceph-rbd", config: { ...config, ...changed } },
        {
          env: cluster.programs.env,
          homeDirectory: folder,
          clock: createSystemClock(),
          zoneOf: zoneOfVolume,
        },
      ),
    script(name, script) {
      const path = join(folder, name);
      writeFileSync(path, `#!/bin/sh\nRBD=${real}\n${script}\n`);
      chmodSync(path, 0o755);
      return path;
    },
    stop: () => cluster.group.stop(),
  };
}

const metadata = (name: string) => ({
  name: `pv-${name}`,
  labels: { "topology.kubernetes.io/zone": zone },
});
const common = {
  accessModes: ["ReadWriteOnce"],
  capacity: { storage: "5Mi" },
  storageClassName: "rook-ceph-block",
};

/** As Rook's driver makes one. */
export function cephCsiVolume(id: string, driver = "rook-ceph.rbd.csi.ceph.com"): PersistentVolume {
  const [inPool = "", imageName = ""] = id.split("/");
  const volumeAttributes = {
    clusterID: "rook-ceph",
    imageFeatures: "layering",
    imageFormat: "2",
    imageName,
    journalPool: inPool,
    pool: inPool,
    "storage.kubernetes.io/csiProvisionerIdentity": "1-5-rook-ceph.rbd.csi.ceph.com",
  };
  const uuid = imageName.replace("csi-vol-", "");
  const volumeHandle = `0001-0009-rook-ceph-0000000000000002-${uuid}`;
  const nodeStageSecretRef = { name: "rook-csi-rbd-node", namespace: "rook-ceph" };
  const csi = { driver, fsType: "ext4", nodeStageSecretRef, volumeAttributes, volumeHandle };
  const spec = { ...common, csi, persistentVolumeReclaimPolicy: "Delete" };
  return { apiVersion: "v1", kind: "PersistentVolume", metadata: metadata(uuid), spec };
}

/** As Kubernetes itself mounted them. */
export function inTreeRbdVolume(id: string, monitors = ["10.0.0.1:6789"]): PersistentVolume {
  const [inPool = "", image = ""] = id.split("/");
  const secretRef = { name: "ceph-secret", namespace: "kube-system" };
  const rbd = { fsType: "ext4", image, monitors, pool: inPool, secretRef, user: "kube" };
  const spec = { ...common, persistentVolumeReclaimPolicy: "Retain", rbd };
  return { apiVersion: "v1", kind: "PersistentVolume", metadata: metadata(image), spec };
}
