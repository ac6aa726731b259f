import { goDurationMs } from "../lib/go-duration.ts";
import { usageError } from "./usage-error.ts";

/** Milliseconds of a Go duration such as `720h0m0s`, `1.5h`, `-5m`, `0`. Errors: ARK_USAGE. */
export function parseGoDuration(text: string, where: string): number {
  const durationMs = goDurationMs(text);
  if (durationMs !== undefined) return durationMs;
  const days = /^(\d+)d$/.exec(text);
  throw usageError(
    `${where}=${text}: not a duration`,
    days === null
      ? "write it as Go does: 720h, 90m, 1h30m; units are h, m, s, ms"
      : `days are not a unit of Go durations; write ${Number(days[1]) * 24}h`,
  );
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
