/** Claims of the node's CSI driver, whose volumes and snapshots a test reads and writes as folders. */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { waitFor } from "../testbed/wait.ts";
import { connectKube } from "./kube-client.ts";
import { csi, csiDataFolder, type NodeAccess } from "./shared-node.ts";

export type Fault = Readonly<Record<string, string>>;

/** A group of snapshots as the driver knows it. */
export interface DriverGroup {
  readonly id: string;
  /** Ids of its snapshots. */
  readonly members: readonly string[];
}

/** A snapshot as the driver knows it. */
export interface DriverSnapshot {
  readonly id: string;
  /** Of all files in it. */
  readonly hash: string;
}

interface ClaimTraits {
  /** Default: the node's, which binds at once. */
  readonly storageClass?: string;
  /** Asked for by an annotation; default: none, the driver's default is taken. */
  readonly snapshotClass?: string;
  /** Default: it is in no group. */
  readonly group?: string;
  /** Of its group, asked for by an annotation; default: the node's with Velero's label. */
  readonly groupClass?: string;
}

export interface CsiClaims {
  readonly namespace: string;
  /** Makes a snapshot class whose driver has a fault (`go/csi/driver/faults.go`); answers its name. */
  snapshotClass(name: string, fault: Fault): Promise<string>;
  /** The same for a storage class, which binds at once. */
  storageClass(name: string, fault: Fault): Promise<string>;
  /** The same for a group snapshot class. */
  groupClass(name: string, parameters: Fault): Promise<string>;
  removeSnapshotClass(name: string): Promise<void>;
  /** Makes a bound claim with files in its volume; answers the driver's id of that. */
  create(name: string, traits?: ClaimTraits): Promise<string>;
  /** The driver's id of a claim's volume; undefined while it is not bound. */
  volumeOf(name: string, namespace?: string): Promise<string | undefined>;
  /** Names of the volumes that claims of a namespace have. */
  volumesIn(namespace: string): Promise<readonly string[]>;
  /** Of all files in a volume. */
  hash(volume: string): string;
  /** Those that the driver has of a volume, in the order of their ids. */
  snapshots(volume: string): readonly DriverSnapshot[];
  /** Those that the driver has with a snapshot of one of the volumes. */
  groups(...volumes: readonly string[]): readonly DriverGroup[];
  /** The storage loses a snapshot. */
  lose(snapshot: string): void;
  /**
   * `kind name` of what the cluster keeps of snapshots of this namespace and of those named. What was
   * deleted may need a moment: a snapshot controller that has not yet seen that a claim is bound lets
   * go of its VolumeSnapshot at its second try, a second later.
   */
  objectsLeft(...namespaces: readonly string[]): Promise<readonly string[]>;
  /** Deletes a namespace, and returns when its volumes are gone too. */
  wipe(namespace?: string): Promise<void>;
  /** Removes all that was made. */
  remove(...namespaces: readonly string[]): Promise<void>;
}

interface Listed {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly volumeName?: string;
    readonly csi?: { readonly volumeHandle: string };
    readonly claimRef?: { readonly namespace: string };
    readonly volumeSnapshotRef?: { readonly namespace: string };
    readonly volumeGroupSnapshotRef?: { readonly namespace: string };
  };
  readonly status?: { readonly phase?: string };
}

/** What the driver writes beside a folder. */
interface DriverRecord {
  readonly id: string;
  readonly source?: string;
  readonly group?: string;
  readonly members?: readonly string[];
}

const timeoutMs = 240_000;
/** As long as a snapshot controller may take for what was deleted. */
const lettingGoMs = 60_000;
const snapshotsPath = "/apis/snapshot.storage.k8s.io/v1";
const groupsPath = "/apis/groupsnapshot.storage.k8s.io/v1";

function hashOf(folder: string): string {
  const hash = createHash("sha256");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  for (const file of files.sort()) {
    hash.update(`${file.slice(folder.length)}\0`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

/** In a namespace of its own, which is made. */
export async function createCsiClaims(node: NodeAccess, namespace: string): Promise<CsiClaims> {
  const client = connectKube(node.controlPlane.kubeconfig);
  const data = csiDataFolder(node);
  const made: string[] = [];
  const create = (path: string, object: object): Promise<unknown> =>
    client.demand("POST", path, JSON.stringify(object));
  const list = async (path: string): Promise<readonly Listed[]> =>
    (JSON.parse((await client.demand("GET", path)).toString()) as { items: Listed[] }).items;
  const get = async (path: string): Promise<Listed | undefined> => {
    const body = await client.get(path);
    return body && (JSON.parse(body.toString()) as Listed);
  };
  const makeClass = async (path: string, name: string, fields: object): Promise<string> => {
    const whole = `${namespace}-${name}`;
    await create(path, { metadata: { name: whole }, ...fields });
    made.push(`${path}/${whole}`);
    return whole;
  };
  const volumeOf = async (name: string, place = namespace): Promise<string | undefined> => {
    const claim = await get(`/api/v1/namespaces/${place}/persistentvolumeclaims/${name}`);
    if (claim?.status?.phase !== "Bound") return undefined;
    const volume = await get(`/api/v1/persistentvolumes/${claim.spec.volumeName}`);
    return volume?.spec.csi?.volumeHandle;
  };
  const records = (kind: "snapshots" | "groups"): readonly DriverRecord[] => {
    const folder = join(data, kind);
    return readdirSync(folder)
      .filter((file) => file.endsWith(".json"))
      .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as DriverRecord);
  };
  const bound = (name: string): Promise<string> =>
    waitFor(`claim ${name} to be bound`, () => volumeOf(name), { timeoutMs });
  const objectsIn = async (places: readonly string[]): Promise<readonly string[]> => {
    const snapshots = places.map(async (place) =>
      (await list(`${snapshotsPath}/namespaces/${place}/volumesnapshots`)).map(
        ({ metadata }) => `VolumeSnapshot ${place}/${metadata.name}`,
      ),
    );
    const contents = (await list(`${snapshotsPath}/volumesnapshotcontents`))
      .filter(({ spec }) => places.includes(spec.volumeSnapshotRef?.namespace ?? ""))
      .map(({ metadata }) => `VolumeSnapshotContent ${metadata.name}`);
    const groups = places.map(async (place) =>
      (await list(`${groupsPath}/namespaces/${place}/volumegroupsnapshots`)).map(
        ({ metadata }) => `VolumeGroupSnapshot ${place}/${metadata.name}`,
      ),
    );
    const groupContents = (await list(`${groupsPath}/volumegroupsnapshotcontents`))
      .filter(({ spec }) => places.includes(spec.volumeGroupSnapshotRef?.namespace ?? ""))
      .map(({ metadata }) => `VolumeGroupSnapshotContent ${metadata.name}`);
    const named = (await Promise.all([...snapshots, ...groups])).flat();
    return [...named, ...contents, ...groupContents];
  };
  await create("/api/v1/namespaces", { metadata: { name: namespace } });
  made.push(`/api/v1/namespaces/${namespace}`);
  return {
    namespace,
    volumeOf,
    snapshotClass: (name, parameters) =>
      makeClass(`${snapshotsPath}/volumesnapshotclasses`, name, {
        apiVersion: "snapshot.storage.k8s.io/v1",
        kind: "VolumeSnapshotClass",
        ...{ driver: csi.driver, deletionPolicy: "Delete", parameters },
      }),
    storageClass: (name, parameters) =>
      makeClass("/apis/storage.k8s.io/v1/storageclasses", name, {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        ...{ provisioner: csi.driver, parameters, volumeBindingMode: "Immediate" },
      }),
    groupClass: (name, parameters) =>
      makeClass(`${groupsPath}/volumegroupsnapshotclasses`, name, {
        apiVersion: "groupsnapshot.storage.k8s.io/v1",
        kind: "VolumeGroupSnapshotClass",
        ...{ driver: csi.driver, deletionPolicy: "Delete", parameters },
      }),
    removeSnapshotClass: async (name) => {
      await client.demand("DELETE", `${snapshotsPath}/volumesnapshotclasses/${name}`);
    },
    async create(name, { storageClass = csi.storageClass, snapshotClass, ...traits } = {}) {
      const annotations = {
        "velero.io/csi-volumesnapshot-class": snapshotClass,
        "velero.io/csi-volume-group-snapshot-class": traits.groupClass,
      };
      const labels = { "velero.io/volume-group": traits.group };
      await create(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`, {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name, annotations, labels },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: storageClass,
          resources: { requests: { storage: "1Gi" } },
        },
      });
      const volume = await bound(name);
      const folder = join(data, "volumes", volume);
      mkdirSync(join(folder, "deep"));
      writeFileSync(join(folder, "name"), name);
      writeFileSync(join(folder, "deep", "bytes"), randomBytes(100_000));
      return volume;
    },
    volumesIn: async (place) =>
      (await list("/api/v1/persistentvolumes"))
        .filter(({ spec }) => spec.claimRef?.namespace === place)
        .map(({ metadata }) => metadata.name),
    hash: (volume) => hashOf(join(data, "volumes", volume)),
    snapshots: (volume) =>
      records("snapshots")
        .filter(({ source }) => source === volume)
        .map(({ id }) => ({ id, hash: hashOf(join(data, "snapshots", id)) })),
    groups(...volumes) {
      const found = records("snapshots").filter(({ source = "" }) => volumes.includes(source));
      const ids = new Set(found.map(({ group }) => group));
      return records("groups")
        .filter(({ id }) => ids.has(id))
        .map(({ id, members = [] }) => ({ id, members }));
    },
    lose(snapshot) {
      rmSync(join(data, "snapshots", `${snapshot}.json`));
      rmSync(join(data, "snapshots", snapshot), { recursive: true });
    },
    async objectsLeft(...namespaces) {
      const endsMs = performance.now() + lettingGoMs;
      for (;;) {
        const left = await objectsIn([namespace, ...namespaces]);
        if (left.length === 0 || performance.now() >= endsMs) return left;
        await sleep(100);
      }
    },
    async wipe(place = namespace) {
      await client.demand("DELETE", `/api/v1/namespaces/${place}`);
      const isGone = async (): Promise<boolean> => {
        const volumes = await list("/api/v1/persistentvolumes");
        const isLeft = volumes.some(({ spec }) => spec.claimRef?.namespace === place);
        return !isLeft && (await get(`/api/v1/namespaces/${place}`)) === undefined;
      };
      await waitFor(`namespace ${place} and its volumes to go`, isGone, { timeoutMs });
    },
    async remove(...namespaces) {
      const more = namespaces.map((place) => `/api/v1/namespaces/${place}`);
      const contents = `${snapshotsPath}/volumesnapshotcontents`;
      const left = (await list(contents))
        .filter(({ spec }) =>
          [namespace, ...namespaces].includes(spec.volumeSnapshotRef?.namespace ?? ""),
        )
        .map(({ metadata }) => `${contents}/${metadata.name}`);
      for (const path of [...left, ...more, ...made.reverse()]) await client.send("DELETE", path);
      await client.close();
    },
  };
}
