/** What a node has outside its folder, by the folder's name: cgroups, a link, the machine's lock. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { removeCgroup } from "./cgroups.ts";
import { sweepMachineLocks } from "./machine-lock.ts";
import { awaitDisconnected } from "./network.ts";

/** The node's cgroup, below the root of each tree. */
export const cgroupName = (folder: string): string => basename(folder);

/** Lets go of all of it. The node's processes must have ended; safe to call twice. */
export async function releaseMachine(folder: string): Promise<void> {
  await removeCgroup(cgroupName(folder));
  await awaitDisconnected(folder);
  sweepMachineLocks();
  const mounts = readFileSync("/proc/self/mountinfo", "utf8");
  const mounted = mounts.split("\n").find((line) => line.includes(`${folder}/`));
  if (mounted !== undefined) {
    throw new Error(`something is mounted in ${folder}, which is therefore kept: ${mounted}`);
  }
}
