/** Starts the programs of a node and waits until each does its work. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBinary } from "../binaries.ts";
import { issueCertificate } from "../certificates.ts";
import type { ControlPlaneAccess } from "../control-plane-access.ts";
import { fetchStatus } from "../fetch-status.ts";
import type { ProcessGroup } from "../process-group.ts";
import {
  containerdSocket,
  nodeName,
  writeContainerdConfig,
  writeKubeletConfig,
  writeProxyConfig,
} from "./configuration.ts";
import type { NodePrograms } from "./debian-packages.ts";
import { loadImages } from "./images.ts";
import { cgroupName } from "./leftovers.ts";
import type { Namespaces } from "./namespaces.ts";
import type { NodeNetwork } from "./network.ts";

export interface NodeParts {
  readonly group: ProcessGroup;
  readonly spaces: Namespaces;
  readonly programs: NodePrograms;
  readonly network: NodeNetwork;
  readonly signal?: AbortSignal | undefined;
}

/** Returns when the images are loaded. */
export async function startContainerd(parts: NodeParts): Promise<void> {
  const { group, spaces, programs, network, signal } = parts;
  const { folder } = group;
  const config = writeContainerdConfig(programs, network, folder);
  const command = [programs.at("usr/bin/containerd"), "--config", config] as const;
  await group.start(spaces.toInside({ name: "containerd", command, env: programs.env }));
  const socket = spaces.toHost(containerdSocket);
  let refusal = "";
  // Loading shows whether it answers; it is refused as long as containerd does not listen.
  const load = () =>
    loadImages(programs, { folder, socket }).then(
      () => true,
      (error: Error) => {
        refusal = error.message;
        return false;
      },
    );
  await group.ready("containerd", load, { timeoutMs: 240_000, signal }).catch((error: Error) => {
    throw new Error(`${error.message}\n${refusal}`);
  });
}

function writeServerCertificate({ group, network }: NodeParts, plane: ControlPlaneAccess): void {
  const { folder } = group;
  const key = readFileSync(join(plane.folder, "pki", "ca.key"), "utf8");
  const pair = issueCertificate(
    { cert: readFileSync(plane.caFile, "utf8"), key },
    {
      commonName: `system:node:${nodeName}`,
      organizations: ["system:nodes"],
      usage: "server",
      dnsNames: [nodeName],
      ipAddresses: [network.nodeAddress],
    },
  );
  writeFileSync(join(folder, "kubelet-server.crt"), pair.cert, { mode: 0o600 });
  writeFileSync(join(folder, "kubelet-server.key"), pair.key, { mode: 0o600 });
}

/** Returns when the kubelet runs; the node is ready somewhat later. */
export async function startKubelet(parts: NodeParts, plane: ControlPlaneAccess): Promise<void> {
  const { group, spaces, network } = parts;
  const { folder } = group;
  writeServerCertificate(parts, plane);
  const kubeconfig = plane.kubeconfigForUser(`system:node:${nodeName}`, ["system:nodes"]);
  const config = writeKubeletConfig({
    folder,
    network,
    caFile: plane.caFile,
    cgroupRoot: `/${cgroupName(folder)}`,
  });
  await group.start(
    spaces.toInside({
      name: "kubelet",
      command: [
        await ensureBinary("kubelet", parts.signal),
        `--config=${config}`,
        `--kubeconfig=${kubeconfig}`,
        `--hostname-override=${nodeName}`,
        `--node-ip=${network.nodeAddress}`,
        "--v=1",
      ],
      env: parts.programs.env,
    }),
  );
}

/** Returns when the Services of the cluster are served. */
export async function startProxy(parts: NodeParts, plane: ControlPlaneAccess): Promise<void> {
  const { group, spaces, programs, network, signal } = parts;
  const kubeconfig = plane.kubeconfigForUser("system:kube-proxy");
  const config = writeProxyConfig(network, { folder: group.folder, kubeconfig });
  const binary = await ensureBinary("kube-proxy", signal);
  await group.start(
    spaces.toInside({
      name: "kube-proxy",
      command: [binary, `--config=${config}`, "--v=1"],
      env: programs.env,
    }),
  );
  const health = `http://${network.nodeAddress}:10256/healthz`;
  const isHealthy = async () => (await fetchStatus(health)) === 200;
  await group.ready("kube-proxy", isHealthy, { timeoutMs: 240_000, signal });
}
