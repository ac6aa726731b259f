/** Signs that this machine is the node of a real cluster, which the testbed must not disturb. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cgroupMount, cgroupTrees } from "./cgroups.ts";
import type { NodePrograms } from "./debian-packages.ts";

const run = promisify(execFile);
const kubeletPort = 10_250;

/** True if a table of /proc/net/tcp or tcp6 has a listener on that port. */
export function hasListener(table: string, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return new RegExp(`^ *\\d+: [0-9A-F]+:${hex} [0-9A-F]+:0000 0A `, "m").test(table);
}

/** The line of `nft list chains` that kube-proxy made, in any of its modes. */
export function findProxyChain(chains: string): string | undefined {
  return chains
    .split("\n")
    .map((line) => line.trim())
    .find((line) => /^table \w+ kube-proxy\b|^chain KUBE-/.test(line));
}

function readTable(name: string): string {
  try {
    return readFileSync(join("/proc/net", name), "utf8");
  } catch {
    return "";
  }
}

/** A sentence that names the first sign; undefined if there is none. */
export async function findForeignNode(
  programs: NodePrograms,
  mount = cgroupMount,
): Promise<string | undefined> {
  const refusal = "this machine seems to be the node of another cluster, which is left alone";
  for (const tree of cgroupTrees(mount)) {
    const found = ["kubepods", "kubepods.slice"].find((name) => existsSync(join(tree, name)));
    if (found !== undefined) return `${refusal}: it has the cgroup ${join(tree, found)}`;
  }
  if (["tcp", "tcp6"].some((name) => hasListener(readTable(name), kubeletPort))) {
    return `${refusal}: something listens on the kubelet's port ${kubeletPort}`;
  }
  const { stdout } = await run(programs.at("usr/sbin/nft"), ["list", "chains"], {
    env: { ...process.env, ...programs.env },
  });
  const chain = findProxyChain(stdout);
  if (chain !== undefined) return `${refusal}: kube-proxy made "${chain}"`;
  if (existsSync("/sys/class/net/kube-ipvs0")) return `${refusal}: it has the link kube-ipvs0`;
  return undefined;
}
