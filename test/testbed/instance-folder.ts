/**
 * The private folder of one running testbed: where its processes are recorded, and how it ends.
 *
 *     ark-tb-XXXXXX/state.json     what it is and who started it
 *     ark-tb-XXXXXX/pid/1-etcd     written by each process itself, before it becomes the program
 *     ark-tb-XXXXXX/log/etcd.log
 *
 * A link in the per-user cache names the folder, so that `down` finds it whatever TMPDIR says.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder } from "./cache-folder.ts";
import { isRunning, type ProcessMark, sessionMembers, signalProcess } from "./process-table.ts";
import { waitFor } from "./wait.ts";

const prefix = "ark-tb-";

export type InstanceKind = "control-plane" | "minio" | "node" | "velero" | "processes";

export interface InstanceState {
  readonly kind: InstanceKind;
  readonly starter: ProcessMark;
  /** True once the starter handed it over: it then runs until `down`. */
  readonly kept: boolean;
  readonly startedAt: string;
  /** What the kind needs to be used by another process. */
  readonly details: unknown;
}

export function registryFolder(): string {
  return join(cacheFolder(), "running");
}

export function createInstanceFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  for (const part of ["pid", "log"]) mkdirSync(join(folder, part), { mode: 0o700 });
  mkdirSync(registryFolder(), { recursive: true, mode: 0o700 });
  symlinkSync(folder, join(registryFolder(), basename(folder)));
  return folder;
}

export function writeState(folder: string, state: InstanceState): void {
  const file = join(folder, "state.json");
  writeFileSync(`${file}.new`, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function readState(folder: string): InstanceState | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "state.json"), "utf8")) as InstanceState;
  } catch {
    return undefined;
  }
}

/** The folders of every testbed of this user, running or left over. */
export function listInstances(): string[] {
  try {
    return readdirSync(registryFolder())
      .filter((name) => name.startsWith(prefix))
      .sort()
      .map((name) => readlinkSync(join(registryFolder(), name)));
  } catch {
    return [];
  }
}

/** Reads a pid file: the boot id, then the line of /proc/PID/stat. */
export function parsePidFile(text: string): ProcessMark | undefined {
  const match = /^([0-9a-f-]{36})\n(\d+) \(.*\) \S (?:\S+ ){18}(\d+) /s.exec(text);
  if (match === null) return undefined;
  return { bootId: match[1] as string, pid: Number(match[2]), startTicks: match[3] as string };
}

export interface RecordedProcess {
  readonly name: string;
  readonly file: string;
  readonly mark: ProcessMark | undefined;
}

/** The recorded processes, last started first. */
export function recordedProcesses(folder: string): RecordedProcess[] {
  let names: string[];
  try {
    names = readdirSync(join(folder, "pid"));
  } catch {
    return [];
  }
  return names
    .sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))
    .map((name) => {
      const file = join(folder, "pid", name);
      let mark: ProcessMark | undefined;
      try {
        mark = parsePidFile(readFileSync(file, "utf8"));
      } catch {
        mark = undefined;
      }
      return { name: name.replace(/^\d+-/, ""), file, mark };
    });
}

/** Asks a process to end, kills it after `graceMs`, and kills what it leaves in its session. */
export async function endProcess(mark: ProcessMark, graceMs: number): Promise<void> {
  const gone = () => !isRunning(mark);
  if (graceMs > 0 && signalProcess(mark, "SIGTERM")) {
    signalProcess(mark, "SIGCONT");
    await waitFor("a process to end", gone, { timeoutMs: graceMs, everyMs: 10 }).catch(() => {});
  }
  signalProcess(mark, "SIGKILL");
  const limit = { timeoutMs: 240_000, everyMs: 10 };
  await waitFor(`process ${mark.pid} to die`, gone, limit);
  const allGone = () => {
    const members = sessionMembers(mark);
    for (const member of members) signalProcess(member, "SIGKILL");
    return members.length === 0;
  };
  await waitFor(`the children of process ${mark.pid} to die`, allGone, limit);
}

function removePidFolder(folder: string): boolean {
  try {
    rmdirSync(join(folder, "pid"));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

/**
 * Ends every recorded process, last started first. Once the folder of pid files is gone no further
 * process can record itself, and one that cannot record itself does not start.
 */
export async function endProcesses(folder: string, graceMs: number): Promise<void> {
  for (let round = 0; round < 500; round += 1) {
    for (const { mark, file } of recordedProcesses(folder)) {
      if (mark === undefined && round < 100) continue; // just being written
      if (mark !== undefined) await endProcess(mark, graceMs);
      rmSync(file, { force: true });
    }
    if (removePidFolder(folder)) return;
    await sleep(10);
  }
  throw new Error(`processes of ${folder} keep starting; nothing was removed`);
}

/** Removes the folder and what names it. Its processes must have ended. */
export function removeInstanceFolder(folder: string): void {
  if (!basename(folder).startsWith(prefix)) {
    throw new Error(`"${folder}" is not a folder of the testbed; it was left alone`);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  rmSync(join(registryFolder(), basename(folder)), { force: true });
}

/** Kills without waiting, for the last moment of a process. The watchdog finishes it. */
export function destroyInstanceNow(folder: string): void {
  for (const { mark } of recordedProcesses(folder)) {
    if (mark !== undefined) signalProcess(mark, "SIGKILL");
  }
}
