/** Which process is meant, beyond its number: numbers are reused, and the machine restarts. */
import { readFileSync } from "node:fs";

/** Names one process for good: a later process with the same pid has other ticks or another boot. */
export interface ProcessMark {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process, as the kernel prints them. */
  readonly startTicks: string;
  readonly bootId: string;
}

export interface ProcessStat {
  readonly pid: number;
  /** One letter of `/proc/PID/stat`; `Z` is dead and waits to be reaped. */
  readonly state: string;
  readonly startTicks: string;
}

export function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** Reads one line of `/proc/PID/stat`; the command's name may hold spaces and parentheses. */
export function parseStat(line: string): ProcessStat | undefined {
  const match = /^(\d+) \(.*\) (\S) (.*)$/s.exec(line.trim());
  if (match === null) return undefined;
  // The start time is field 22 of the line, and the 19th after the state.
  const startTicks = (match[3] as string).split(" ")[18];
  if (startTicks === undefined || !/^\d+$/.test(startTicks)) return undefined;
  return { pid: Number(match[1]), state: match[2] as string, startTicks };
}

function readStat(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** The mark of a process that runs now; undefined if there is none. */
export function markOf(pid: number): ProcessMark | undefined {
  const stat = readStat(pid);
  return stat && { pid, startTicks: stat.startTicks, bootId: bootId() };
}

export function ownMark(): ProcessMark {
  const mark = markOf(process.pid);
  if (mark === undefined) throw new Error("the testbed needs a Linux /proc, and here is none");
  return mark;
}

/** True while this very process exists and is not a zombie. */
export function isRunning(mark: ProcessMark): boolean {
  const stat = readStat(mark.pid);
  return (
    stat !== undefined &&
    stat.startTicks === mark.startTicks &&
    stat.state !== "Z" &&
    stat.state !== "X" &&
    mark.bootId === bootId()
  );
}

/** Sends a signal to this very process; false if it is gone. */
export function signalProcess(mark: ProcessMark, signal: NodeJS.Signals): boolean {
  if (!isRunning(mark)) return false;
  try {
    return process.kill(mark.pid, signal);
  } catch {
    return false;
  }
}
