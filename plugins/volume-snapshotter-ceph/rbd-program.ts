import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { Clock } from "../../src/plugin-sdk/volume-snapshotter.ts";

/** How a run of the program ended. */
export interface RbdAnswer {
  readonly stdout: string;
  readonly stderr: string;
  /** `rbd` exits with the number of an errno; undefined: it was ended by a signal, or never began. */
  readonly status: number | undefined;
  /** Why there is no status. */
  readonly end?: "not found" | "not started" | "too late" | "killed";
}

export interface RbdRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, "sleep">;
}

/** Lists of images may be long; what is beyond that is no list. */
const maxOutput = 64 * 1024 * 1024;

type Child = ChildProcessByStdio<null, Readable, Readable>;

/**
 * Runs the program to its end. It is killed, with what it started, after `timeoutMs` and when
 * `signal` aborts; then rejects with the signal's reason once it is gone.
 */
export async function runRbd(run: RbdRun, signal: AbortSignal): Promise<RbdAnswer> {
  signal.throwIfAborted();
  const { program, args, env, clock, timeoutMs } = run;
  // A group of its own: the program may be a script that starts the real one.
  const child = spawn(program, args, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...env, LC_ALL: "C" },
  });
  const ended = endOf(child);
  const over = new AbortController();
  let isLate = false;
  const kill = (): void => killGroup(child);
  signal.addEventListener("abort", kill, { once: true });
  const timer = clock.sleep(timeoutMs, over.signal).then(
    () => {
      isLate = true;
      kill();
    },
    () => undefined,
  );
  try {
    const answer = await ended;
    signal.throwIfAborted();
    return isLate && answer.status === undefined ? { ...answer, end: "too late" } : answer;
  } finally {
    signal.removeEventListener("abort", kill);
    over.abort();
    await timer;
  }
}

function endOf(child: Child): Promise<RbdAnswer> {
  const { promise, resolve } = Promise.withResolvers<RbdAnswer>();
  const read = { stdout: gather(child.stdout), stderr: gather(child.stderr) };
  const answer = (status: number | undefined, end?: RbdAnswer["end"]): void => {
    const [stdout, stderr] = [read.stdout(), read.stderr()];
    resolve({ stdout, stderr, status, ...(end === undefined ? {} : { end }) });
  };
  child.on("error", (error: NodeJS.ErrnoException) => {
    answer(undefined, error.code === "ENOENT" ? "not found" : "not started");
  });
  child.on("close", (status) => {
    if (status === null) answer(undefined, "killed");
    else answer(status);
  });
  return promise;
}

/** More than is taken is read and dropped, so that the program comes to its end. */
function gather(stream: Readable): () => string {
  const parts: Buffer[] = [];
  let size = 0;
  stream.on("data", (part: Buffer) => {
    size += part.length;
    if (size <= maxOutput) parts.push(part);
  });
  return () => Buffer.concat(parts).toString("utf8");
}

function killGroup({ pid }: Child): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
