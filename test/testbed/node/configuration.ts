/** The configuration files of a node's programs. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NodePrograms } from "./debian-packages.ts";
import { nodeImages } from "./images.ts";
import type { NodeNetwork } from "./network.ts";

export const nodeName = "tb-node";

/** Where containerd listens, as seen inside. */
export const containerdSocket = "/run/containerd/containerd.sock";

function containerdConfig(programs: NodePrograms, folder: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return [
    "version = 2",
    'root = "/var/lib/containerd"',
    'state = "/run/containerd"',
    "[grpc]",
    `  address = "${containerdSocket}"`,
    '[plugins."io.containerd.internal.v1.opt"]',
    '  path = "/var/lib/containerd-opt"',
    `[${cri}]`,
    `  sandbox_image = "${nodeImages.pause}"`,
    "  disable_apparmor = true",
    "  enable_selinux = false",
    // Root without CAP_SYS_RESOURCE cannot lower a score, and runc then ends without a word.
    "  restrict_oom_score_adj = true",
    "  max_container_log_line_size = 262144",
    `[${cri}.containerd]`,
    // Copies instead of mounts: an overlay cannot lie on the overlay that a CI's container has.
    '  snapshotter = "native"',
    '  default_runtime_name = "runc"',
    `[${cri}.containerd.runtimes.runc]`,
    '  runtime_type = "io.containerd.runc.v2"',
    `[${cri}.containerd.runtimes.runc.options]`,
    `  BinaryName = "${programs.at("usr/sbin/runc")}"`,
    "  SystemdCgroup = false",
    `[${cri}.cni]`,
    `  bin_dir = "${programs.at("usr/lib/cni")}"`,
    `  conf_dir = "${join(folder, "cni")}"`,
    "",
  ].join("\n");
}

/** Each pod has a link and a route of its own, so that no bridge hides its packets from kube-proxy. */
const cniConfig = ({ podRange }: NodeNetwork) => ({
  cniVersion: "0.4.0",
  name: "testbed",
  plugins: [
    {
      type: "ptp",
      ipam: {
        type: "host-local",
        ranges: [[{ subnet: podRange }]],
        routes: [{ dst: "0.0.0.0/0" }],
        dataDir: "/run/cni-ipam",
      },
    },
  ],
});

function kubeletConfig({ folder, network, caFile, cgroupRoot }: KubeletParts): object {
  const disk = "1%";
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: network.nodeAddress,
    healthzBindAddress: "127.0.0.1",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: caFile },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: join(folder, "kubelet-server.crt"),
    tlsPrivateKeyFile: join(folder, "kubelet-server.key"),
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot,
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    // Nobody resolves a name in a pod: there is no cluster DNS.
    resolvConf: "",
    maxPods: 200,
    syncFrequency: "10s",
    nodeStatusUpdateFrequency: "5s",
    // A container that is killed again and again is back within a second each time.
    featureGates: { KubeletCrashLoopBackOffMax: true },
    crashLoopBackOff: { maxContainerRestartPeriod: "1s" },
    // What cannot be pulled again is never collected.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: {
      "memory.available": "100Mi",
      "nodefs.available": disk,
      "nodefs.inodesFree": disk,
      "imagefs.available": disk,
    },
  };
}

function proxyConfig({ nodeAddress, podRange }: NodeNetwork, kubeconfig: string): object {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig },
    mode: "nftables",
    clusterCIDR: podRange,
    hostnameOverride: nodeName,
    bindAddress: nodeAddress,
    healthzBindAddress: `${nodeAddress}:10256`,
    metricsBindAddress: "127.0.0.1:10249",
    // Zero leaves alone what is the whole machine's.
    conntrack: {
      maxPerCore: 0,
      min: 0,
      tcpEstablishedTimeout: "0s",
      tcpCloseWaitTimeout: "0s",
    },
  };
}

function put(file: string, content: string | object): string {
  const text = typeof content === "string" ? content : JSON.stringify(content, undefined, 2);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** Writes what containerd and the CNI plugins read; returns the path of containerd's file. */
export function writeContainerdConfig(
  programs: NodePrograms,
  network: NodeNetwork,
  folder: string,
): string {
  mkdirSync(join(folder, "cni"));
  put(join(folder, "cni", "10-testbed.conflist"), cniConfig(network));
  return put(join(folder, "containerd.toml"), containerdConfig(programs, folder));
}

export interface KubeletParts {
  /** The instance's; also holds `kubelet-server.crt` and its key. */
  readonly folder: string;
  readonly network: NodeNetwork;
  /** PEM file of the authority that signs clients. */
  readonly caFile: string;
  readonly cgroupRoot: string;
}

/** Returns the file's path; JSON is YAML to the kubelet. */
export function writeKubeletConfig(parts: KubeletParts): string {
  return put(join(parts.folder, "kubelet.json"), kubeletConfig(parts));
}

/** Returns the file's path. */
export function writeProxyConfig(
  network: NodeNetwork,
  { folder, kubeconfig }: { readonly folder: string; readonly kubeconfig: string },
): string {
  return put(join(folder, "kube-proxy.json"), proxyConfig(network, kubeconfig));
}
