/** Processes that belong together: one private folder, started in order, ended in reverse. */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { destroyInstance } from "./destroy-instance.ts";
import {
  createInstanceFolder,
  endProcess,
  type InstanceKind,
  recordedProcesses,
  writeState,
} from "./instance-folder.ts";
import { guard, unguard } from "./lifetime.ts";
import { isRunning, ownMark, type ProcessMark } from "./process-table.ts";
import { waitFor } from "./wait.ts";

export interface ProcessSpec {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Added to a bare environment (PATH, HOME, TMPDIR); the caller's own is not passed on. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ReadyOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ProcessGroup {
  readonly folder: string;
  /** Returns once the process has recorded itself. What still runs under that name is killed first. */
  start(spec: ProcessSpec): Promise<void>;
  /** Waits until `probe` is true; throws with the end of the log if the process dies before. */
  ready(name: string, probe: () => Promise<boolean>, options?: ReadyOptions): Promise<void>;
  logTail(name: string): string;
  /** Says what the group is, for other processes. */
  describe(details: unknown): void;
  /** Hands the group over: it stays when this process ends, until `down`. */
  release(): Promise<void>;
  /** Ends all and removes the folder. Safe to call twice. */
  stop(): Promise<void>;
}

/** The shell records itself, then becomes the program: the pid and start time stay the same. */
const launcher = `set -eu
read -r boot </proc/sys/kernel/random/boot_id
read -r stat </proc/$$/stat
file=$1
shift
printf '%s\\n%s\\n' "$boot" "$stat" >"$file"
exec "$@"`;

/** The last lines of a process's log, for a message. */
export function readLogTail(folder: string, name: string, lines = 15): string {
  try {
    const text = readFileSync(join(folder, "log", `${name}.log`), "utf8").trimEnd();
    return text.split("\n").slice(-lines).join("\n");
  } catch {
    return "(no log)";
  }
}

/** The recorded process of that name; undefined if it was never started. */
export function findProcess(folder: string, name: string): ProcessMark | undefined {
  return recordedProcesses(folder).find((recorded) => recorded.name === name)?.mark;
}

function spawnLauncher(
  folder: string,
  spec: ProcessSpec,
  pidFile: string,
): () => string | undefined {
  const log = openSync(join(folder, "log", `${spec.name}.log`), "a", 0o600);
  const child = spawn("/bin/sh", ["-c", launcher, "sh", pidFile, ...spec.command], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, TMPDIR: folder, ...spec.env },
  });
  closeSync(log);
  child.unref();
  let end: string | undefined;
  child.on("error", (error) => {
    end = error.message;
  });
  child.on("exit", (code, signal) => {
    end = signal === null ? `exit status ${code}` : `signal ${signal}`;
  });
  return () => end;
}

/** Makes the folder and puts it under the watchdog; starts nothing yet. */
export async function createProcessGroup(kind: InstanceKind): Promise<ProcessGroup> {
  const folder = createInstanceFolder();
  await guard(folder);
  const starter = ownMark();
  const startedAt = new Date().toISOString();
  const ends = new Map<string, () => string | undefined>();
  let state = { kind, starter, kept: false, startedAt, details: undefined as unknown };
  writeState(folder, state);

  const failIfDead = async (name: string): Promise<void> => {
    const readEnd = ends.get(name) ?? (() => "never started");
    const mark = findProcess(folder, name);
    if (readEnd() === undefined && mark !== undefined && isRunning(mark)) return;
    // Dead already, but Node may not have heard how it ended.
    const end = await waitFor("the end", readEnd, { timeoutMs: 5_000, everyMs: 5 });
    throw new Error(
      `${name} ended (${end}) before it was ready; the end of its log:\n${readLogTail(folder, name)}`,
    );
  };
  const start = async (spec: ProcessSpec): Promise<void> => {
    const order = [...ends.keys()].indexOf(spec.name);
    const file = join(folder, "pid", `${order < 0 ? ends.size + 1 : order + 1}-${spec.name}`);
    const former = findProcess(folder, spec.name);
    if (former !== undefined) await endProcess(former, 0);
    rmSync(file, { force: true });
    const readEnd = spawnLauncher(folder, spec, file);
    ends.set(spec.name, readEnd);
    const recorded = () => findProcess(folder, spec.name) !== undefined || readEnd() !== undefined;
    await waitFor(`${spec.name} to start`, recorded, { timeoutMs: 240_000, everyMs: 5 });
    await failIfDead(spec.name);
  };
  return {
    folder,
    start,
    ready: (name, probe, { timeoutMs = 120_000, signal } = {}) => {
      const check = async () => {
        await failIfDead(name);
        return probe();
      };
      return waitFor(`${name} to be ready`, check, { timeoutMs, signal }).then(
        () => {},
        (error: Error) => {
          if (!error.message.startsWith("timed out")) throw error;
          throw new Error(`${error.message}; the end of its log:\n${readLogTail(folder, name)}`);
        },
      );
    },
    logTail: (name) => readLogTail(folder, name),
    describe: (details) => {
      state = { ...state, details };
      writeState(folder, state);
    },
    release: async () => {
      state = { ...state, kept: true };
      writeState(folder, state);
      await unguard(folder);
    },
    stop: async () => {
      await destroyInstance(folder);
      await unguard(folder);
      // Lets Node reap its children, so that no zombie stays where init reaps none.
      const reaped = () => [...ends.values()].every((readEnd) => readEnd() !== undefined);
      await waitFor("children to be reaped", reaped, { timeoutMs: 2_000, everyMs: 5 }).catch(
        () => {},
      );
    },
  };
}
