/** The node's own place in the cgroup trees: one folder of one name in each of them. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { waitFor } from "../wait.ts";

export const cgroupMount = "/sys/fs/cgroup";

/** 2 where one unified tree holds all controllers. */
export type CgroupVersion = 1 | 2;

export function cgroupVersion(mount = cgroupMount): CgroupVersion {
  return existsSync(join(mount, "cgroup.controllers")) ? 2 : 1;
}

/** The root folder of each tree. */
export function cgroupTrees(mount = cgroupMount): string[] {
  if (cgroupVersion(mount) === 2) return [mount];
  return readdirSync(mount)
    .map((name) => join(mount, name))
    .filter((path) => existsSync(join(path, "cgroup.procs")));
}

/** Those that the kubelet insists on, of cgroup v2. */
const controllers = ["cpu", "cpuset", "hugetlb", "io", "memory", "pids"];

/** Lets children of the root have the controllers; they stay on, as others may use them by then. */
function enableControllers(mount: string): void {
  const words = (file: string) => readFileSync(join(mount, file), "utf8").trim().split(/\s+/);
  const enabled = words("cgroup.subtree_control");
  const missing = words("cgroup.controllers").filter(
    (name) => controllers.includes(name) && !enabled.includes(name),
  );
  for (const name of missing) writeFileSync(join(mount, "cgroup.subtree_control"), `+${name}`);
}

/** Makes `/NAME` in every tree; it must not exist yet. */
export function createCgroup(name: string, mount = cgroupMount): void {
  if (cgroupVersion(mount) === 2) enableControllers(mount);
  for (const tree of cgroupTrees(mount)) {
    const folder = join(tree, name);
    mkdirSync(folder);
    // In v1 a new cpuset is empty, and no process can join it.
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      const source = join(tree, file);
      if (cgroupVersion(mount) === 1 && existsSync(source)) {
        writeFileSync(join(folder, file), readFileSync(source));
      }
    }
  }
}

/** Removes an empty cgroup and those below it; false while the kernel still counts a process in it. */
function removeTree(folder: string): boolean {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const below = entries.filter((entry) => entry.isDirectory());
    if (!below.every(({ name }) => removeTree(join(folder, name)))) return false;
    rmdirSync(folder);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EBUSY") return false;
    // Somebody else may be removing it at the same time.
    if (code === "ENOENT") return true;
    throw error;
  }
}

/** Removes `/NAME` from every tree. All its processes must have been killed. */
export async function removeCgroup(name: string, mount = cgroupMount): Promise<void> {
  for (const tree of cgroupTrees(mount)) {
    const gone = () => removeTree(join(tree, name));
    await waitFor(`cgroup ${join(tree, name)} to be empty`, gone, {
      timeoutMs: 240_000,
      everyMs: 10,
    });
  }
}
