import { ArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";

/**
 * Gives `work` a signal that aborts with `parent`, or with what `tooLate` answers when it takes longer
 * than `limitMs`.
 */
export async function withinMs<T>(
  clock: Clock,
  limitMs: number,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  tooLate = noAnswer,
): Promise<T> {
  const over = new AbortController();
  const done = new AbortController();
  const follow = (): void => over.abort(parent.reason);
  const late = (): void => over.abort(tooLate(limitMs));
  if (parent.aborted) follow();
  else parent.addEventListener("abort", follow, { once: true });
  // Only `done` ends the sleep before its time.
  clock.sleep(limitMs, done.signal).then(late, () => undefined);
  try {
    return await work(over.signal);
  } finally {
    done.abort();
    parent.removeEventListener("abort", follow);
  }
}

function noAnswer(limitMs: number): ArkError {
  return new ArkError("ARK_API_UNREACHABLE", `the API server did not answer within ${limitMs} ms`, {
    disposition: "retry",
  });
}
