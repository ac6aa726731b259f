/**
 * CSI on the node: our own driver (`go/csi/driver`), whose volumes are folders, with upstream's
 * provisioner, snapshotter and snapshot controller, all inside the node's namespaces.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type BinaryName, ensureBinary } from "../binaries.ts";
import { hostPath } from "./namespaces.ts";
import type { NodeAccess } from "./node-access.ts";
import type { NodeParts } from "./node-programs.ts";

const run = promisify(execFile);

/** Built for CSI, beside those of a node. */
export const csiBinaries: readonly BinaryName[] = [
  "snapshot-controller",
  "csi-snapshotter",
  "csi-provisioner",
  "csi-driver",
];

/** The driver and its classes. Faults are parameters of classes of a test's own: `faults.go`. */
export const csi = {
  driver: "folders.csi.testbed",
  /** Storage class that binds at once. */
  storageClass: "testbed-folders",
  /** The same, with `WaitForFirstConsumer`. */
  lateClass: "testbed-folders-late",
  /** The driver's default class for snapshots, with deletion policy Delete. */
  snapshotClass: "testbed-folders",
  /** Its class for snapshots of groups, with Velero's label and deletion policy Delete. */
  groupClass: "testbed-folders",
} as const;

/** Where the driver keeps its folders, as seen inside. */
const dataFolder = "/var/lib/csi-folders";

/** On the host: `volumes/ID`, `snapshots/ID`, `groups/ID`, with a JSON file beside each. */
export function csiDataFolder({ folder }: Pick<NodeAccess, "folder">): string {
  return hostPath(folder, dataFolder);
}

const clientModule = "github.com/kubernetes-csi/external-snapshotter/client/v8";

/** The definitions of the snapshot kinds, from the module that go.mod pins. */
export async function definitionFiles(): Promise<string[]> {
  const cwd = fileURLToPath(new URL("../go/csi", import.meta.url));
  const env = { ...process.env, GOTOOLCHAIN: "local", GOWORK: "off", GOFLAGS: "-mod=mod" };
  const { stdout } = await run("go", ["mod", "download", "-json", clientModule], { cwd, env });
  const { Dir } = JSON.parse(stdout) as { Dir: string };
  const kinds = ["classes", "contents", "s"];
  const groups = ["snapshot", "groupsnapshot"];
  return groups.flatMap((group) => {
    const stem = group === "snapshot" ? "volumesnapshot" : "volumegroupsnapshot";
    const file = (end: string): string => `${group}.storage.k8s.io_${stem}${end}.yaml`;
    return kinds.map((end) => join(Dir, "config", "crd", file(end)));
  });
}

const storageClass = (name: string, volumeBindingMode: string): object => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name },
  provisioner: csi.driver,
  volumeBindingMode,
});

const objects: readonly object[] = [
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSIDriver",
    metadata: { name: csi.driver },
    spec: { attachRequired: false, podInfoOnMount: false, fsGroupPolicy: "File" },
  },
  storageClass(csi.storageClass, "Immediate"),
  storageClass(csi.lateClass, "WaitForFirstConsumer"),
  {
    apiVersion: "snapshot.storage.k8s.io/v1",
    kind: "VolumeSnapshotClass",
    metadata: {
      name: csi.snapshotClass,
      annotations: { "snapshot.storage.kubernetes.io/is-default-class": "true" },
    },
    driver: csi.driver,
    deletionPolicy: "Delete",
  },
  {
    apiVersion: "groupsnapshot.storage.k8s.io/v1",
    kind: "VolumeGroupSnapshotClass",
    metadata: {
      name: csi.groupClass,
      labels: { "velero.io/csi-volumegroupsnapshot-class": "true" },
    },
    driver: csi.driver,
    deletionPolicy: "Delete",
  },
];

/** Starts it all, and returns when the node has the driver. */
export async function startCsi(parts: NodeParts, node: NodeAccess): Promise<void> {
  const { group, signal } = parts;
  const { kubeconfig } = node.controlPlane;
  const socket = `/var/lib/kubelet/plugins/${csi.driver}/csi.sock`;
  const start = async (name: BinaryName, args: readonly string[]): Promise<void> => {
    const binary = await ensureBinary(name, signal);
    await group.start(parts.spaces.toInside({ name, command: [binary, ...args] }));
  };
  await start("csi-driver", [
    `--name=${csi.driver}`,
    `--node=${node.nodeName}`,
    `--data=${dataFolder}`,
  ]);
  const files = await definitionFiles();
  await node.kubectl("apply", "--server-side", ...files.flatMap((file) => ["-f", file]));
  await node.kubectl("wait", "--for=condition=established", "--timeout=60s", "crd", "--all");
  await node.apply({ apiVersion: "v1", kind: "List", items: objects });
  const sidecar = [`--kubeconfig=${kubeconfig}`, "--kube-api-qps=100", "--kube-api-burst=200"];
  const retries = ["--retry-interval-start=200ms", "--retry-interval-max=5s"];
  const groups = "--feature-gates=CSIVolumeGroupSnapshot=true";
  await start("snapshot-controller", [...sidecar, ...retries, groups, "--v=1"]);
  const ofDriver = [...sidecar, ...retries, `--csi-address=${socket}`, "--timeout=60s", "--v=1"];
  await start("csi-snapshotter", [...ofDriver, groups]);
  await start("csi-provisioner", [...ofDriver, "--extra-create-metadata"]);
  const isRegistered = async (): Promise<boolean> => {
    const path = "jsonpath={.spec.drivers[*].name}";
    const names = await node.kubectl("get", "csinode", node.nodeName, "-o", path);
    return names.split(" ").includes(csi.driver);
  };
  await group.ready("csi-driver", isRegistered, { timeoutMs: 240_000, signal });
}
