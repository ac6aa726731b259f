/** The command lines of a control plane. All but an API server with a node listens on 127.0.0.1. */
import { join } from "node:path";
import { type ControlPlaneNetwork, isLoopback } from "./control-plane-network.ts";

export type Command = readonly [string, ...string[]];

const loopback = "127.0.0.1";

/** An API server flag with which `compact()` takes effect at once. */
export const immediateExpiry = "--feature-gates=ListFromCacheSnapshot=false";

export interface EtcdParts {
  readonly binary: string;
  readonly dataFolder: string;
  readonly port: number;
  readonly peerPort: number;
}

export function etcdCommand({ binary, dataFolder, port, peerPort }: EtcdParts): Command {
  const client = `http://${loopback}:${port}`;
  const peer = `http://${loopback}:${peerPort}`;
  return [
    binary,
    "--name=tb",
    `--data-dir=${dataFolder}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=tb=${peer}`,
    "--quota-backend-bytes=8589934592",
    "--log-level=warn",
    "--unsafe-no-fsync",
  ];
}

export interface ApiServerParts {
  readonly binary: string;
  readonly pki: string;
  readonly network: ControlPlaneNetwork;
  readonly port: number;
  readonly etcdUrl: string;
  /** A Go duration. */
  readonly compactionInterval: string;
  readonly extra: readonly string[];
}

/** What only an API server with a node needs. */
function nodeFlags({ network, pki }: ApiServerParts): string[] {
  // Endpoints may not be loopback addresses, so nobody is to publish one.
  if (isLoopback(network)) return ["--endpoint-reconciler-type=none"];
  return [
    `--kubelet-certificate-authority=${join(pki, "ca.crt")}`,
    `--kubelet-client-certificate=${join(pki, "apiserver-kubelet-client.crt")}`,
    `--kubelet-client-key=${join(pki, "apiserver-kubelet-client.key")}`,
    "--kubelet-preferred-address-types=InternalIP",
  ];
}

export function apiServerCommand(parts: ApiServerParts): Command {
  const at = (name: string): string => join(parts.pki, name);
  return [
    parts.binary,
    `--bind-address=${parts.network.address}`,
    `--secure-port=${parts.port}`,
    `--advertise-address=${parts.network.address}`,
    ...nodeFlags(parts),
    `--etcd-servers=${parts.etcdUrl}`,
    `--etcd-compaction-interval=${parts.compactionInterval}`,
    `--tls-cert-file=${at("apiserver.crt")}`,
    `--tls-private-key-file=${at("apiserver.key")}`,
    `--client-ca-file=${at("ca.crt")}`,
    "--anonymous-auth=false",
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    `--service-cluster-ip-range=${parts.network.serviceRange}`,
    "--allow-privileged=true",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-key-file=${at("sa.pub")}`,
    `--service-account-signing-key-file=${at("sa.key")}`,
    `--requestheader-client-ca-file=${at("ca.crt")}`,
    "--requestheader-allowed-names=front-proxy-client",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${at("front-proxy-client.crt")}`,
    `--proxy-client-key-file=${at("front-proxy-client.key")}`,
    "--event-ttl=1h",
    "--profiling=false",
    "--shutdown-delay-duration=0s",
    "--v=1",
    ...parts.extra,
  ];
}

export interface ControllerParts {
  readonly binary: string;
  readonly kubeconfig: string;
  readonly port: number;
}

function clientFlags({ kubeconfig, port }: ControllerParts): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--bind-address=${loopback}`,
    `--secure-port=${port}`,
    "--leader-elect=false",
    // At the default of 20 a second the start alone takes five seconds.
    "--kube-api-qps=500",
    "--kube-api-burst=1000",
    "--profiling=false",
    "--v=1",
  ];
}

export function controllerManagerCommand(
  parts: ControllerParts & { readonly pki: string },
): Command {
  const at = (name: string): string => join(parts.pki, name);
  return [
    parts.binary,
    ...clientFlags(parts),
    "--use-service-account-credentials",
    `--service-account-private-key-file=${at("sa.key")}`,
    `--root-ca-file=${at("ca.crt")}`,
    `--cluster-signing-cert-file=${at("ca.crt")}`,
    `--cluster-signing-key-file=${at("ca.key")}`,
    "--allocate-node-cidrs=false",
  ];
}

export function schedulerCommand(parts: ControllerParts): Command {
  return [parts.binary, ...clientFlags(parts), "--pod-max-in-unschedulable-pods-duration=10s"];
}
