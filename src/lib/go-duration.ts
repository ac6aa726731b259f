const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const form = /^([-+]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/;
const piece = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/** Milliseconds of a Go duration such as `720h0m0s`, `1.5h`, `-5m`, `0`; undefined for other text. */
export function goDurationMs(text: string): number | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  let total = 0;
  for (const [, number, unit] of (match[2] ?? "").matchAll(piece)) {
    // To the nanosecond, which is Go's own grain.
    total += Math.round(Number(number) * (unitMs[unit ?? ""] ?? 0) * 1e6) / 1e6;
  }
  return match[1] === "-" ? -total : total;
}

/** Go's own notation, as a metav1.Duration is written: 30 days are `720h0m0s`. */
export function formatGoDuration(durationMs: number): string {
  if (durationMs === 0) return "0s";
  const sign = durationMs < 0 ? "-" : "";
  const total = Math.abs(durationMs);
  const hours = Math.floor(total / 3_600_000);
  const minutes = Math.floor((total % 3_600_000) / 60_000);
  const tail = `${Number(((total % 60_000) / 1000).toFixed(9))}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${tail}`;
  if (minutes > 0) return `${sign}${minutes}m${tail}`;
  return `${sign}${tail}`;
}
