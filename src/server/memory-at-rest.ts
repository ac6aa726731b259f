import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Clock } from "../ports/clock.ts";
import type { Runnable } from "../runtime/life.ts";

const lookEveryMs = 60_000;
/** Of one processor, over the time between two looks: a server that does less has nothing to do. */
const restingShare = 0.05;
/** Over what was left the last time. */
const worthGrowth = 1.1;

export interface MemoryPorts {
  /** Of this process, since it began. */
  usedCpuMs(): number;
  usedHeapBytes(): number;
  /** Leaves only what is alive; nothing else runs meanwhile, some 0.1 s. */
  collect(): void;
}

/**
 * Gives memory back while the server has nothing to do: V8 by itself collects when half as much
 * again is in use. 132 MiB became 120 (2,000 Backups, 300 Schedules).
 */
export function createMemoryKeeper(
  clock: Pick<Clock, "monotonicMs" | "sleep">,
  { usedCpuMs, usedHeapBytes, collect }: MemoryPorts = ownMemory(),
): Runnable {
  return {
    name: "memory",
    async run({ stop }, ready) {
      ready();
      let leftBytes = 0;
      while (!stop.aborted) {
        const [sinceMs, cpuMs] = [clock.monotonicMs(), usedCpuMs()];
        await clock.sleep(lookEveryMs, stop).catch(() => undefined);
        if (stop.aborted) return;
        const share = (usedCpuMs() - cpuMs) / (clock.monotonicMs() - sinceMs);
        if (share > restingShare || usedHeapBytes() < leftBytes * worthGrowth) continue;
        collect();
        leftBytes = usedHeapBytes();
      }
    },
  };
}

function ownMemory(): MemoryPorts {
  let collect: ((options: object) => void) | undefined;
  return {
    usedCpuMs() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    usedHeapBytes: () => process.memoryUsage().heapUsed,
    collect() {
      if (collect === undefined) {
        setFlagsFromString("--expose-gc");
        collect = runInNewContext("gc") as (options: object) => void;
      }
      collect({ type: "major", execution: "sync", flavor: "last-resort" });
    },
  };
}
