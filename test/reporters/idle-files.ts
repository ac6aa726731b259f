/** Test files whose tests are over and that do not end: one would take all the time that CI has. */
import { readFileSync } from "node:fs";
import type { TestEvent } from "node:test/reporters";
import { descendantsOf, type ProcessMark, signalProcess } from "../testbed/process-table.ts";
import { toTestPath } from "./test-groups.ts";

export interface IdleFiles {
  /** To be told of every event; `isFile`: it is about a file itself, not about a test in it. */
  saw(event: TestEvent, isFile: boolean, nowMs: number): void;
  /** The files in which no test has run for so long; each is named once. */
  since(limitMs: number, nowMs: number): string[];
}

interface Activity {
  running: number;
  lastMs: number;
}

export function createIdleFiles(): IdleFiles {
  const files = new Map<string, Activity>();
  return {
    saw({ type, data }, isFile, nowMs) {
      if (type !== "test:dequeue" && type !== "test:complete") return;
      const path = toTestPath(data.file ?? "");
      if (isFile && type === "test:complete") files.delete(path);
      else if (isFile) files.set(path, { running: 0, lastMs: nowMs });
      const file = files.get(path);
      if (file === undefined || isFile) return;
      const isSuite = (type === "test:dequeue" ? data.type : data.details.type) === "suite";
      if (!isSuite) file.running += type === "test:dequeue" ? 1 : -1;
      file.lastMs = nowMs;
    },
    since(limitMs, nowMs) {
      const idle = [...files].filter(
        ([, { running, lastMs }]) => running <= 0 && nowMs - lastMs >= limitMs,
      );
      for (const [path] of idle) files.delete(path);
      return idle.map(([path]) => path);
    },
  };
}

/** Ends the process of a test file that this process started, and what that one left running. */
export function endTestFile(path: string, graceMs = 10_000): void {
  const own = descendantsOf(process.pid).find(({ pid }) => isOfFile(pid, path));
  if (own === undefined) return;
  const left: ProcessMark[] = [own, ...descendantsOf(own.pid)];
  signalProcess(own, "SIGTERM");
  setTimeout(() => {
    for (const mark of left) signalProcess(mark, "SIGKILL");
  }, graceMs).unref();
}

function isOfFile(pid: number, path: string): boolean {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return args.some((arg) => arg.endsWith(".test.ts") && toTestPath(arg) === path);
  } catch {
    return false;
  }
}
