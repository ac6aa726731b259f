import { readdir, readFile } from "node:fs/promises";

/** When a process began, in the kernel's ticks; undefined where it does not run or none can tell. */
export async function startOfProcess(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The name in parentheses may hold spaces; field 22 is counted from its end.
  return stat
    ?.slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .at(19);
}

/** Processes of this user whose environment holds `name=value`. */
export async function processesWith(name: string, value: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const entry of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(entry)) continue;
    const environment = await readFile(`/proc/${entry}/environ`, "utf8").catch(() => "");
    if (environment.split("\0").includes(`${name}=${value}`)) found.push(Number(entry));
  }
  return found;
}
