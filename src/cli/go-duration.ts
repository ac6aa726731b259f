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

/** The same where nothing, and less, has no meaning. Errors: ARK_USAGE. */
export function parsePositiveDuration(text: string, where: string): number {
  const durationMs = parseGoDuration(text, where);
  if (durationMs > 0) return durationMs;
  throw usageError(`${where}=${text}: must be longer than nothing`);
}
