/**
 * Mutual exclusion between processes of one machine, safe against owners that died.
 *
 * A lock is a folder. Who wants it writes a file named by its own process mark, then looks at the
 * others: if another live process is there it withdraws. As everybody writes before looking, two
 * can never both see nobody. A file whose owner is dead counts for nothing and is removed; as no
 * name is ever used twice, removing one can never hit a live owner.
 */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, ownMark, type ProcessMark } from "./process-table.ts";

export type Release = () => void;

let claims = 0;

function toFileName(mark: ProcessMark): string {
  claims += 1;
  return `${mark.pid}_${mark.startTicks}_${mark.bootId}_${claims}`;
}

/** The owner that a file in a lock folder names; undefined for a foreign file. */
export function parseOwner(fileName: string): ProcessMark | undefined {
  const match = /^(\d+)_(\d+)_([0-9a-f-]{36})_\d+$/.exec(fileName);
  if (match === null) return undefined;
  return { pid: Number(match[1]), startTicks: match[2] as string, bootId: match[3] as string };
}

function ignoreMissing(action: () => void): void {
  try {
    action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOENT" && code !== "ENOTEMPTY") throw error;
  }
}

export interface LockOwner extends ProcessMark {
  /** What the owner left as a word to others. */
  readonly note: string;
}

/** The live owner that is in the way, other than `own`; files of dead owners are removed. */
function findRival(folder: string, own: string | undefined): LockOwner | undefined {
  let names: string[] = [];
  ignoreMissing(() => {
    names = readdirSync(folder);
  });
  for (const name of names) {
    if (name === own) continue;
    const owner = parseOwner(name);
    if (owner === undefined) continue;
    if (isRunning(owner)) {
      let note = "";
      ignoreMissing(() => {
        note = readFileSync(join(folder, name), "utf8");
      });
      return { ...owner, note };
    }
    ignoreMissing(() => unlinkSync(join(folder, name)));
  }
  return undefined;
}

function announce(folder: string, name: string, note: string): void {
  for (;;) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      writeFileSync(join(folder, name), note, { flag: "wx" });
      return;
    } catch (error) {
      // Somebody released the lock and removed the folder in between.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}

/** The live owner of the lock; undefined if it is free. */
export function findOwner(folder: string): LockOwner | undefined {
  return findRival(folder, undefined);
}

export interface Claim {
  /** The process with which the lock ends at the latest; default this one. */
  readonly owner?: ProcessMark;
  /** A word to others; default empty. */
  readonly note?: string;
}

/** Takes the lock, or says who has it. Never waits. */
export function tryLock(
  folder: string,
  claim: Claim = {},
): { release: Release } | { owner: LockOwner } {
  const before = findOwner(folder);
  if (before !== undefined) return { owner: before };
  const name = toFileName(claim.owner ?? ownMark());
  announce(folder, name, claim.note ?? "");
  const release = (): void => {
    ignoreMissing(() => unlinkSync(join(folder, name)));
    ignoreMissing(() => rmdirSync(folder));
  };
  const rival = findRival(folder, name);
  if (rival === undefined) return { release };
  release();
  return { owner: rival };
}

/** Removes what dead owners left of the locks that are subfolders of `parent`. */
export function sweepLocks(parent: string): void {
  let folders: string[] = [];
  ignoreMissing(() => {
    folders = readdirSync(parent);
  });
  for (const name of folders) {
    const folder = join(parent, name);
    if (findRival(folder, undefined) === undefined) ignoreMissing(() => rmdirSync(folder));
  }
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called each time somebody else was found holding the lock. */
  readonly onWait?: (owner: ProcessMark) => void;
}

/** Runs `body` while holding the lock; waits for it as long as its owner lives. */
export async function withLock<T>(
  folder: string,
  body: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  for (;;) {
    const attempt = tryLock(folder);
    if ("release" in attempt) {
      try {
        return await body();
      } finally {
        attempt.release();
      }
    }
    options.onWait?.(attempt.owner);
    // A random pause, so that two that withdrew for each other do not do it again.
    await sleep(50 + Math.random() * 200, undefined, { signal: options.signal });
  }
}
