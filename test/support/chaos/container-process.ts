/** The process of one container of the real node, found by the container's own cgroup. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cgroupMount, cgroupTrees } from "../../testbed/node/cgroups.ts";
import { cgroupName } from "../../testbed/node/leftovers.ts";
import { markOf, type ProcessMark } from "../../testbed/process-table.ts";

/**
 * `container`: its id, as in `containerd://ID` of a pod's status. Undefined where it runs no more,
 * or runs more than one process: the server's image has one.
 */
export function processOfContainer(
  nodeFolder: string,
  container: string,
  mount = cgroupMount,
): ProcessMark | undefined {
  for (const tree of cgroupTrees(mount)) {
    const [folder] = globSync(`**/${container}`, { cwd: join(tree, cgroupName(nodeFolder)) });
    if (folder === undefined) continue;
    const pids = pidsOf(join(tree, cgroupName(nodeFolder), folder));
    return pids.length === 1 ? markOf(Number(pids[0])) : undefined;
  }
  return undefined;
}

/** None where the kernel took the cgroup away since it was found: its last process has ended. */
function pidsOf(cgroup: string): readonly string[] {
  try {
    return readFileSync(join(cgroup, "cgroup.procs"), "utf8").split("\n").filter(Boolean);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ENODEV: removed between the opening and the reading.
    if (code === "ENOENT" || code === "ENODEV") return [];
    throw error;
  }
}
