import type { ArkError } from "../lib/errors.ts";
import { ApiError } from "../ports/cluster.ts";

/** How long the other side asked to be left alone (Retry-After), `mostMs` at most; 0 when it did not. */
export function askedPauseMs(error: ArkError | undefined, mostMs: number): number {
  const answered = error instanceof ApiError ? error.api.retryAfterMs : undefined;
  return Math.min(answered ?? error?.retryAfterMs ?? 0, mostMs);
}
