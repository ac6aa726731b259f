/**
 * Preloaded into a measured process (`--import`): when it ends, the kernel's own account of it is
 * written to the file that ARK_BENCH_USAGE names. The product knows nothing of this.
 */
import { readFileSync, writeFileSync } from "node:fs";

export interface ProcessUsage {
  /** VmHWM: the most memory that was resident at once. */
  readonly peakRssBytes: number;
  readonly cpuMs: number;
}

const file = process.env["ARK_BENCH_USAGE"];
if (file !== undefined) {
  process.on("exit", () => {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    const { user, system } = process.cpuUsage();
    const usage: ProcessUsage = {
      peakRssBytes: Number(peak ?? 0) * 1024,
      cpuMs: (user + system) / 1000,
    };
    writeFileSync(file, JSON.stringify(usage));
  });
}
