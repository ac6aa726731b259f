/** What any process may do with a node that somebody started. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ensureBinary } from "../binaries.ts";
import { type ControlPlaneAccess, openControlPlane } from "../control-plane-access.ts";
import { readState } from "../instance-folder.ts";
import { isRunning, type ProcessMark, signalProcess } from "../process-table.ts";
import { containerdSocket } from "./configuration.ts";
import { ensureNodePrograms } from "./debian-packages.ts";
import { importImages } from "./images.ts";
import { findInside, hostPath } from "./namespaces.ts";

const run = promisify(execFile);

let applied = 0;

export type NodeProcess = "containerd" | "kubelet" | "kube-proxy";

export const nodeProcesses: readonly NodeProcess[] = ["containerd", "kubelet", "kube-proxy"];

/** What the state file of a node holds under `details`. */
export interface NodeDetails {
  readonly nodeName: string;
  /** The folder of the node's own control plane. */
  readonly controlPlane: string;
  /** The driver of `csi.ts` runs there. */
  readonly csi: boolean;
}

export interface NodeAccess {
  readonly folder: string;
  readonly nodeName: string;
  /** Whether it has the driver of `csi.ts`. */
  readonly hasCsi: boolean;
  /** The cluster of which this is the only node. */
  readonly controlPlane: ControlPlaneAccess;
  /** The process id on the host; throws if that process does not run. */
  pid(name: NodeProcess): number;
  /** Sends a signal, for example SIGSTOP and SIGCONT; throws if the process does not run. */
  signal(name: NodeProcess, signal: NodeJS.Signals): void;
  /** Loads the images of an archive (OCI or `docker save`): with `imagePullPolicy: Never` or `IfNotPresent` pods find them. */
  loadImages(archive: string): Promise<void>;
  /** Runs kubectl with all rights, and returns what it printed. */
  kubectl(...args: string[]): Promise<string>;
  /** `kubectl apply` of one object. */
  apply(object: object): Promise<void>;
}

/** Access to the node in `folder`, which another process may have started. */
export function openNode(folder: string): NodeAccess {
  const state = readState(folder);
  if (state?.kind !== "node" || state.details === undefined) {
    throw new Error(`no running node is recorded in "${folder}"`);
  }
  const details = state.details as NodeDetails;
  const controlPlane = openControlPlane(details.controlPlane);
  const mark = (name: NodeProcess): ProcessMark => {
    const found = findInside(folder, name);
    if (found === undefined || !isRunning(found)) throw new Error(`${name} does not run`);
    return found;
  };
  const kubectl = async (...args: string[]): Promise<string> => {
    const file = await ensureBinary("kubectl");
    const target = ["--kubeconfig", controlPlane.kubeconfig];
    const { stdout } = await run(file, [...target, ...args], { maxBuffer: 512 * 1024 * 1024 });
    return stdout;
  };
  return {
    folder,
    nodeName: details.nodeName,
    hasCsi: details.csi,
    controlPlane,
    pid: (name) => mark(name).pid,
    signal: (name, signal) => {
      signalProcess(mark(name), signal);
    },
    loadImages: async (archive) => {
      const socket = hostPath(folder, containerdSocket);
      await importImages(await ensureNodePrograms(), { archive, socket });
    },
    kubectl,
    apply: async (object) => {
      applied += 1;
      const file = join(folder, `apply-${process.pid}-${applied}.json`);
      writeFileSync(file, JSON.stringify(object), { mode: 0o600 });
      await kubectl("apply", "-f", file);
    },
  };
}
