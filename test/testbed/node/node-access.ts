/** What any process may do with a node that somebody started. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ensureBinary } from "../binaries.ts";
import { type ControlPlaneAccess, openControlPlane } from "../control-plane-access.ts";
import { readState } from "../instance-folder.ts";
import { isRunning, type ProcessMark, signalProcess } from "../process-table.ts";
import { findInside } from "./namespaces.ts";

const run = promisify(execFile);

export type NodeProcess = "containerd" | "kubelet" | "kube-proxy";

export const nodeProcesses: readonly NodeProcess[] = ["containerd", "kubelet", "kube-proxy"];

/** What the state file of a node holds under `details`. */
export interface NodeDetails {
  readonly nodeName: string;
  /** The folder of the node's own control plane. */
  readonly controlPlane: string;
}

export interface NodeAccess {
  readonly folder: string;
  readonly nodeName: string;
  /** The cluster of which this is the only node. */
  readonly controlPlane: ControlPlaneAccess;
  /** The process id on the host; throws if that process does not run. */
  pid(name: NodeProcess): number;
  /** Sends a signal, for example SIGSTOP and SIGCONT; throws if the process does not run. */
  signal(name: NodeProcess, signal: NodeJS.Signals): void;
  /** Runs kubectl with all rights, and returns what it printed. */
  kubectl(...args: string[]): Promise<string>;
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
  return {
    folder,
    nodeName: details.nodeName,
    controlPlane,
    pid: (name) => mark(name).pid,
    signal: (name, signal) => {
      signalProcess(mark(name), signal);
    },
    kubectl: async (...args) => {
      const file = await ensureBinary("kubectl");
      const target = ["--kubeconfig", controlPlane.kubeconfig];
      const { stdout } = await run(file, [...target, ...args], { maxBuffer: 512 * 1024 * 1024 });
      return stdout;
    },
  };
}
