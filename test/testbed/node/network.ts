/**
 * The node's network namespace, its veth pair to the host, and who has which address.
 *
 *     host 198.18.0.1 ── veth ── 198.18.0.2 node ── 198.18.128.0/18 pods
 *                                    └─ kube-proxy: 198.19.0.0/17 Services
 *
 * The range is the one that RFC 2544 sets apart for benchmarks. The API server listens at the host's
 * end; pods reach nothing else of the outside, and the outside nothing of them.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { BlockList } from "node:net";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { ControlPlaneNetwork } from "../control-plane-network.ts";
import { waitFor } from "../wait.ts";
import type { NodePrograms } from "./debian-packages.ts";

const run = promisify(execFile);

/** 0 for the node of this machine; 1 for tests of the testbed itself, beside it. */
export type NodeSlot = 0 | 1;

export interface NodeNetwork extends ControlPlaneNetwork {
  readonly nodeAddress: string;
  readonly podRange: string;
}

export function networkOf(slot: NodeSlot): NodeNetwork {
  return {
    address: `198.18.${slot}.1`,
    nodeAddress: `198.18.${slot}.2`,
    podRange: `198.18.${128 + 64 * slot}.0/18`,
    serviceRange: `198.19.${128 * slot}.0/17`,
    serviceAddress: `198.19.${128 * slot}.1`,
  };
}

/** The name of the host's end is that of the instance's folder; Linux allows 15 characters. */
export function linkName(folder: string): string {
  return basename(folder);
}

/** The first line of `ip route show table all` that reaches into the network. */
export function findOverlap(network: NodeNetwork, routes: string): string | undefined {
  const ranges = [`${network.address}/30`, network.podRange, network.serviceRange];
  return routes.split("\n").find((line) => {
    const route = /^(?:[a-z]+ )?(\d+\.\d+\.\d+\.\d+)(?:\/(\d+))? /.exec(line);
    if (route === null) return false;
    const other = `${route[1]}/${route[2] ?? 32}`;
    return ranges.some((range) => overlap(range, other));
  });
}

/** True if one CIDR holds the other. */
function overlap(one: string, two: string): boolean {
  const holds = (outer: string, inner: string): boolean => {
    const [address = "", prefix = "32"] = outer.split("/");
    const block = new BlockList();
    block.addSubnet(address, Number(prefix));
    return block.check(inner.split("/")[0] as string);
  };
  return holds(one, two) || holds(two, one);
}

/** Connects the namespace of process `pid` with the host's. Throws if a route of others is there. */
export async function connectNode(
  programs: NodePrograms,
  network: NodeNetwork,
  { folder, pid }: { readonly folder: string; readonly pid: number },
): Promise<void> {
  const ip = (command: string, inside = false) => {
    const enter = inside ? ["nsenter", "--net", `--target=${pid}`, "--"] : [];
    const [file = "", ...args] = [...enter, programs.at("bin/ip"), ...command.split(" ")];
    return run(file, args, { env: { ...process.env, ...programs.env } });
  };
  const { stdout } = await ip("route show table all");
  const route = findOverlap(network, stdout);
  if (route !== undefined) {
    throw new Error(`the node needs addresses of 198.18.0.0/15, and a route has them: ${route}`);
  }
  const link = linkName(folder);
  const { address, nodeAddress, podRange, serviceRange } = network;
  await ip(`link add ${link} type veth peer name node0 netns ${pid}`);
  await ip(`addr add ${address}/30 dev ${link}`);
  await ip(`link set ${link} up`);
  await ip("link set lo up", true);
  await ip(`addr add ${nodeAddress}/30 dev node0`, true);
  await ip("link set node0 up", true);
  await ip(`route add default via ${address}`, true);
  for (const range of [podRange, serviceRange]) {
    await ip(`route add ${range} via ${nodeAddress} dev ${link}`);
  }
}

/** The link goes with the node's namespace, which goes with its last process. */
export async function awaitDisconnected(folder: string): Promise<void> {
  const file = join("/sys/class/net", linkName(folder));
  const gone = () => !existsSync(file);
  await waitFor(`${file} to go`, gone, { timeoutMs: 240_000, everyMs: 10 });
}
