/** One node for each machine: who has it, and how one comes to have it. */
import { rmdirSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type InstanceState, readState } from "../instance-folder.ts";
import { findOwner, type LockOwner, sweepLocks, tryLock } from "../lock-folder.ts";
import { isRunning, type ProcessMark } from "../process-table.ts";
import { startProgress } from "../progress.ts";
import type { NodeSlot } from "./network.ts";

/** Not in a user's cache: all users of the machine share its one node. */
const lockFolder = "/run/ark-ts-testbed";

export function machineLock(slot: NodeSlot): string {
  return join(lockFolder, `node-${slot}`);
}

/** A sentence that names the holder. */
export function describeHolder(owner: LockOwner, state: InstanceState | undefined): string {
  const name = owner.note === "" ? `process ${owner.pid}` : basename(owner.note);
  if (state === undefined) return `the one node of this machine is ${name}, of another user`;
  const since = `since ${state.startedAt}`;
  return state.kept
    ? `the one node of this machine is ${name}, left running ${since}; end it: npm run testbed -- down ${name}`
    : `the one node of this machine is ${name}, of process ${state.starter.pid} ${since}`;
}

/** The folder of the node that runs on this machine; undefined if there is none. */
export function findNodeFolder(slot: NodeSlot = 0): string | undefined {
  const note = findOwner(machineLock(slot))?.note;
  return note === "" ? undefined : note;
}

/** True if the starter of that testbed died without ending it. */
export function isLeftover(state: InstanceState | undefined): boolean {
  return state !== undefined && !state.kept && !isRunning(state.starter);
}

/**
 * Waits while another process has the node. Returns true when nobody has it, and false when who has
 * it is a leftover to be ended first. Throws at once where waiting would not help: `up` left it.
 */
export async function awaitFreeNode(slot: NodeSlot, signal?: AbortSignal): Promise<boolean> {
  let waiting: ReturnType<typeof startProgress> | undefined;
  for (;;) {
    const owner = findOwner(machineLock(slot));
    const state = owner === undefined ? undefined : readState(owner.note);
    if (owner === undefined || isLeftover(state)) {
      waiting?.done();
      return owner === undefined;
    }
    const sentence = describeHolder(owner, state);
    if (state?.kept === true) {
      waiting?.fail();
      throw new Error(sentence);
    }
    waiting ??= startProgress(`waiting: ${sentence}`);
    await sleep(100 + Math.random() * 200, undefined, { signal });
  }
}

/** Claims the node for `folder`, for as long as `holder` lives; false if somebody was quicker. */
export function claimNode(
  slot: NodeSlot,
  { folder, holder }: { readonly folder: string; readonly holder: ProcessMark },
): boolean {
  return "release" in tryLock(machineLock(slot), { owner: holder, note: folder });
}

/** Removes what dead holders left of the locks. */
export function sweepMachineLocks(): void {
  sweepLocks(lockFolder);
  try {
    rmdirSync(lockFolder);
  } catch {
    // Not there, held, or another user's.
  }
}
