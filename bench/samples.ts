/** What several runs of one thing came to. */
export interface Sample {
  readonly ms: number;
  /** Of the measured process; absent where it is the bench itself. */
  readonly peakRssBytes?: number;
  readonly cpuMs?: number;
}

export interface Summary {
  readonly runs: number;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** The largest of all runs. */
  readonly peakRssBytes?: number;
  /** Median. */
  readonly cpuMs?: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export function summarise(samples: readonly Sample[]): Summary {
  const times = samples.map((sample) => sample.ms);
  const peaks = samples.flatMap((sample) => sample.peakRssBytes ?? []);
  const cpu = samples.flatMap((sample) => sample.cpuMs ?? []);
  return {
    runs: samples.length,
    medianMs: median(times),
    minMs: Math.min(...times),
    maxMs: Math.max(...times),
    ...(peaks.length === 0 ? {} : { peakRssBytes: Math.max(...peaks) }),
    ...(cpu.length === 0 ? {} : { cpuMs: median(cpu) }),
  };
}

export async function timed(work: () => Promise<unknown>): Promise<Sample> {
  const start = performance.now();
  await work();
  return { ms: performance.now() - start };
}
