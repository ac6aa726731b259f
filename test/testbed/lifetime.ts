/** Ties a testbed's life to that of the process that started it, however that process ends. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { destroyInstance } from "./destroy-instance.ts";
import { destroyInstanceNow } from "./instance-folder.ts";

const guarded = new Set<string>();
const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
let watchdog: ChildProcess | undefined;
let ownSignals = true;

/**
 * Leaves SIGINT, SIGTERM and SIGHUP to the caller, who then stops its testbeds itself. Without this
 * the first signal stops them and then ends the process by that signal.
 */
export function handleSignalsMyself(): void {
  ownSignals = false;
  for (const name of endings) process.removeListener(name, onSignal);
}

async function onSignal(name: NodeJS.Signals): Promise<void> {
  for (const other of endings) process.removeListener(other, onSignal);
  await Promise.allSettled([...guarded].map((folder) => destroyInstance(folder, 0)));
  guarded.clear();
  process.kill(process.pid, name);
}

function startWatchdog(): ChildProcess {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("./watchdog.ts", import.meta.url))],
    // The tests' NODE_OPTIONS and their runner's channel are not meant for it.
    {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      cwd: "/",
      env: {
        ...process.env,
        NODE_OPTIONS: "",
        NODE_TEST_CONTEXT: undefined,
        NODE_NO_WARNINGS: "1",
      },
    },
  );
  child.unref();
  child.on("error", () => {});
  (child.stdin as Socket).unref();
  child.stdin?.on("error", () => {});
  process.on("exit", () => {
    for (const folder of guarded) destroyInstanceNow(folder);
  });
  if (ownSignals) for (const name of endings) process.on(name, onSignal);
  return child;
}

function tell(line: string): Promise<void> {
  watchdog ??= startWatchdog();
  const { stdin } = watchdog;
  return new Promise((resolve) => {
    if (stdin === null || stdin.destroyed) resolve();
    else stdin.write(`${line}\n`, () => resolve());
  });
}

/** From now on the testbed in `folder` ends with this process. To be called before it starts. */
export async function guard(folder: string): Promise<void> {
  guarded.add(folder);
  await tell(`+${folder}`);
}

/** From now on it does not: it has ended, or it is to stay. */
export async function unguard(folder: string): Promise<void> {
  guarded.delete(folder);
  await tell(`-${folder}`);
}
