/** Where a node can run, found out without leaving anything. */
import { execFile } from "node:child_process";
import { existsSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { cacheFolder } from "../cache-folder.ts";
import { whyNoGo } from "../go-toolchain.ts";
import { cgroupTrees, createCgroup } from "./cgroups.ts";
import { ensureNodePrograms, whyNoNodePrograms } from "./debian-packages.ts";
import { findForeignNode } from "./foreign-node.ts";
import { hiddenFolders } from "./namespaces.ts";

const run = promisify(execFile);

function whyNoCgroups(): string | undefined {
  const name = `ark-tb-probe-${process.pid}`;
  try {
    createCgroup(name);
    return undefined;
  } catch (error) {
    return `a node needs cgroups of its own, and none can be made: ${(error as Error).message}`;
  } finally {
    for (const tree of cgroupTrees()) {
      if (existsSync(`${tree}/${name}`)) rmdirSync(`${tree}/${name}`);
    }
  }
}

async function whyNoNamespaces(): Promise<string | undefined> {
  try {
    await run("unshare", [
      "--mount",
      "--net",
      "--pid",
      "--fork",
      "--",
      "mount",
      "--make-rshared",
      "/",
    ]);
    return undefined;
  } catch (error) {
    return `a node needs namespaces of its own, and none can be made: ${(error as Error).message.trim()}`;
  }
}

function whyNoPlace(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") {
    return `a node needs Linux on x64; this is ${process.platform} on ${process.arch}`;
  }
  if (process.getuid?.() !== 0) return "a node needs root, and this is another user";
  if (!existsSync("/dev/kmsg")) return "the kubelet needs /dev/kmsg, and here is none";
  // What lies there would be out of sight for the programs of the node.
  const places = { XDG_CACHE_HOME: cacheFolder(), TMPDIR: tmpdir() };
  for (const [variable, place] of Object.entries(places)) {
    const hidden = hiddenFolders.find((path) => `${place}/`.startsWith(`${path}/`));
    if (hidden !== undefined) {
      return `a node has a ${hidden} of its own, and ${place} is in it; set ${variable} to another place`;
    }
  }
  return undefined;
}

/** Why no node can be had here, as a sentence; undefined if one can, which may need downloads. */
export async function whyNoNode(): Promise<string | undefined> {
  return (
    whyNoPlace() ??
    (await whyNoGo()) ??
    (await whyNoNodePrograms()) ??
    (await whyNoNamespaces()) ??
    whyNoCgroups() ??
    findForeignNode(await ensureNodePrograms())
  );
}
