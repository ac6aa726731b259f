/**
 * A real node with a control plane of its own: containerd, runc, kubelet, kube-proxy. One for each
 * machine, root only; see `why-no-node.ts` for where there can be none.
 */
import type { BinaryName } from "../binaries.ts";
import { type ControlPlane, startControlPlane } from "../control-plane.ts";
import { destroyInstance } from "../destroy-instance.ts";
import { listInstances, readState } from "../instance-folder.ts";
import { createProcessGroup, type ProcessGroup } from "../process-group.ts";
import { writeAuditPolicy } from "./audit.ts";
import { createCgroup } from "./cgroups.ts";
import { nodeName } from "./configuration.ts";
import { startCsi } from "./csi.ts";
import { ensureNodePrograms } from "./debian-packages.ts";
import { findForeignNode } from "./foreign-node.ts";
import { cgroupName } from "./leftovers.ts";
import { awaitFreeNode, claimNode, findNodeFolder, isLeftover } from "./machine-lock.ts";
import { createNamespaces, type Namespaces } from "./namespaces.ts";
import { connectNode, type NodeSlot, networkOf } from "./network.ts";
import { type NodeAccess, type NodeDetails, openNode } from "./node-access.ts";
import { type NodeParts, startContainerd, startKubelet, startProxy } from "./node-programs.ts";

export interface NodeOptions {
  /** Default 0, the node of this machine. */
  readonly slot?: NodeSlot;
  /** With the CSI driver of `csi.ts`. Default false. */
  readonly csi?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface RunningNode extends NodeAccess {
  /** Leaves it running when this process ends, until `npm run testbed -- down`. */
  release(): Promise<void>;
  /** Ends all processes of the node and of its control plane, and leaves nothing. Safe to call twice. */
  stop(): Promise<void>;
}

/** Built for a node, its control plane's programs included. */
export const nodeBinaries: readonly BinaryName[] = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "kubelet",
  "kube-proxy",
];

/** Ends what starters left that were killed together with their watchdog. */
async function endLeftovers(slot: NodeSlot): Promise<void> {
  const holder = findNodeFolder(slot);
  const folders = [...listInstances(), ...(holder === undefined ? [] : [holder])];
  for (const folder of new Set(folders)) {
    if (isLeftover(readState(folder))) await destroyInstance(folder, 0);
  }
}

interface Machine {
  readonly group: ProcessGroup;
  readonly spaces: Namespaces;
}

/** Makes the node's namespaces and takes the machine's lock with them; waits while others have it. */
async function takeMachine(slot: NodeSlot, signal?: AbortSignal): Promise<Machine> {
  for (;;) {
    await endLeftovers(slot);
    if (!(await awaitFreeNode(slot, signal))) continue;
    const group = await createProcessGroup("node");
    try {
      const spaces = await createNamespaces(group);
      const { folder } = group;
      if (claimNode(slot, { folder, holder: spaces.holder })) return { group, spaces };
    } catch (error) {
      await group.stop();
      throw error;
    }
    await group.stop();
  }
}

/** The node is schedulable: Ready, and no taint is left of the time when it was not. */
async function awaitReady({ group, signal }: NodeParts, node: NodeAccess): Promise<void> {
  interface Node {
    readonly spec: { readonly taints?: readonly unknown[] };
    readonly status: { readonly conditions?: readonly { type: string; status: string }[] };
  }
  const isReady = async (): Promise<boolean> => {
    const text = await node.kubectl("get", "node", nodeName, "--ignore-not-found", "-o", "json");
    if (text === "") return false;
    const { spec, status } = JSON.parse(text) as Node;
    const ready = status.conditions?.find(({ type }) => type === "Ready");
    return ready?.status === "True" && spec.taints === undefined;
  };
  await group.ready("kubelet", isReady, { timeoutMs: 120_000, signal });
}

async function build(
  parts: NodeParts,
  planes: ControlPlane[],
  withCsi: boolean,
): Promise<NodeAccess> {
  const { group, spaces, programs, network, signal } = parts;
  await connectNode(programs, network, { folder: group.folder, pid: spaces.pid });
  createCgroup(cgroupName(group.folder));
  const startPlane = async (): Promise<ControlPlane> => {
    const apiServerFlags = writeAuditPolicy(group.folder);
    const started = await startControlPlane({ network, scheduler: true, apiServerFlags, signal });
    planes.push(started);
    return started;
  };
  const [plane] = await allOrNone([startPlane(), startContainerd(parts)]);
  await allOrNone([startKubelet(parts, plane), startProxy(parts, plane)]);
  const details: NodeDetails = { nodeName, controlPlane: plane.folder, csi: withCsi };
  group.describe(details);
  const node = openNode(group.folder);
  await awaitReady(parts, node);
  if (withCsi) await startCsi(parts, node);
  return node;
}

/** Waits for all, then fails with the first failure: nothing goes on behind the caller's back. */
async function allOrNone<T extends readonly unknown[]>(
  work: {
    [K in keyof T]: Promise<T[K]>;
  },
): Promise<T> {
  await Promise.allSettled(work);
  return Promise.all(work) as unknown as Promise<T>;
}

/**
 * Starts the node of this machine and returns when pods can run. Waits while another process has
 * it; throws where a foreign node, or one that `up` left running, is in the way. It ends with
 * `stop()`, and at the latest with this process.
 */
export async function startNode({
  slot = 0,
  csi = false,
  signal,
}: NodeOptions = {}): Promise<RunningNode> {
  const programs = await ensureNodePrograms(signal);
  const foreign = await findForeignNode(programs);
  if (foreign !== undefined) throw new Error(foreign);
  const { group, spaces } = await takeMachine(slot, signal);
  const planes: ControlPlane[] = [];
  const stop = async (): Promise<void> => {
    await group.stop();
    for (const plane of planes) await plane.stop();
  };
  try {
    const parts = { group, spaces, programs, network: networkOf(slot), signal };
    const node = await build(parts, planes, csi);
    const release = async (): Promise<void> => {
      await group.release();
      for (const plane of planes) await plane.release();
    };
    return { ...node, release, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
