import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { kill } from "node:process";
import type { Liveness, RunOwner } from "../catalog/run-owner.ts";

/** Who runs this, so that another process can tell whether it is still alive. */
export async function runOwner(pid: number): Promise<RunOwner> {
  return { host: hostname(), bootId: await bootId(), pid };
}

/**
 * Tells of owners on this machine and boot whether their process runs; of others nothing. The pid of
 * a server is that of its container, and comes again when the container is started anew.
 */
export async function livenessCheck(): Promise<Liveness> {
  const here = { host: hostname(), bootId: await bootId() };
  return (owner) => {
    const isHere = here.bootId !== "" && owner.host === here.host && owner.bootId === here.bootId;
    if (!isHere || owner.term !== undefined) return "unknown";
    return isRunning(owner.pid) ? "alive" : "gone";
  };
}

async function bootId(): Promise<string> {
  const text = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  return text.trim();
}

function isRunning(pid: number): boolean {
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
