/** Which process is meant, beyond its number: numbers are reused, and the machine restarts. */
import { readdirSync, readFileSync } from "node:fs";

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
  readonly parent: number;
  /** The pid of the session's first process; the testbed starts each process in a session of its own. */
  readonly session: number;
  readonly startTicks: string;
}

export function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** Reads one line of `/proc/PID/stat`; the command's name may hold spaces and parentheses. */
export function parseStat(line: string): ProcessStat | undefined {
  const match = /^(\d+) \(.*\) (\S) (.*)$/s.exec(line.trim());
  if (match === null) return undefined;
  // In proc(5) the state is field 3, the parent 4, the session 6, the start time 22.
  const fields = (match[3] as string).split(" ");
  const startTicks = fields[18];
  if (startTicks === undefined || !/^\d+$/.test(startTicks)) return undefined;
  const [parent, session] = [Number(fields[0]), Number(fields[2])];
  return { pid: Number(match[1]), state: match[2] as string, parent, session, startTicks };
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

/** What runs now, zombies left out. */
function* runningStats(): Generator<ProcessStat> {
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    if (stat !== undefined && stat.state !== "Z") yield stat;
  }
}

/**
 * The processes that `pid` and its children started and that are still theirs, in its own session:
 * those of another look after themselves, as the testbed's do.
 */
export function descendantsOf(pid: number): ProcessMark[] {
  const session = readStat(pid)?.session;
  const stats = [...runningStats()].filter((stat) => stat.session === session);
  const boot = bootId();
  const found: ProcessMark[] = [];
  const parents = [pid];
  for (const parent of parents) {
    for (const child of stats.filter((stat) => stat.parent === parent)) {
      parents.push(child.pid);
      found.push({ pid: child.pid, startTicks: child.startTicks, bootId: boot });
    }
  }
  return found;
}

/** The processes that `leader` and its children started in its session, after it. */
export function sessionMembers(leader: ProcessMark): ProcessMark[] {
  const now = readStat(leader.pid);
  // A number is not given out again while a session bears it: if it was, that session is over.
  if (leader.bootId !== bootId() || (now && now.startTicks !== leader.startTicks)) return [];
  const members: ProcessMark[] = [];
  for (const stat of runningStats()) {
    if (stat.session !== leader.pid || stat.pid === leader.pid) continue;
    members.push({ pid: stat.pid, startTicks: stat.startTicks, bootId: leader.bootId });
  }
  return members;
}
