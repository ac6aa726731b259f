import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { kill } from "node:process";
import type { IsGone, RunOwner } from "../backup/backup-run.ts";

/** Who runs this, so that another process can tell whether it is still alive. */
export async function runOwner(pid: number): Promise<RunOwner> {
  return { host: hostname(), bootId: await bootId(), pid };
}

/** Tells of owners on this machine and boot whether their process is gone; of others, never. */
export async function goneCheck(): Promise<IsGone> {
  const here = { host: hostname(), bootId: await bootId() };
  return (owner) =>
    here.bootId !== "" &&
    owner.host === here.host &&
    owner.bootId === here.bootId &&
    !isRunning(owner.pid);
}

/** True only when the owner is a running process of this machine and boot. */
export async function isAliveHere(owner: RunOwner): Promise<boolean> {
  const here = await runOwner(0);
  return (
    here.bootId !== "" &&
    owner.host === here.host &&
    owner.bootId === here.bootId &&
    isRunning(owner.pid)
  );
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
