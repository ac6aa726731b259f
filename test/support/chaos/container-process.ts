/** The process of one container of the real node, found by the container's own cgroup. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cgroupTrees } from "../../testbed/node/cgroups.ts";
import { cgroupName } from "../../testbed/node/leftovers.ts";
import { markOf, type ProcessMark } from "../../testbed/process-table.ts";

/**
 * `container`: its id, as in `containerd://ID` of a pod's status. Undefined where it runs no more,
 * or runs more than one process: the server's image has one.
 */
export function processOfContainer(nodeFolder: string, container: string): ProcessMark | undefined {
  for (const tree of cgroupTrees()) {
    const [folder] = globSync(`**/${container}`, { cwd: join(tree, cgroupName(nodeFolder)) });
    if (folder === undefined) continue;
    const file = join(tree, cgroupName(nodeFolder), folder, "cgroup.procs");
    const pids = readFileSync(file, "utf8").trim().split("\n");
    return pids.length === 1 ? markOf(Number(pids[0])) : undefined;
  }
  return undefined;
}
