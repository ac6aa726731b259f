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
