export interface BackoffPolicy {
  /** Before the second attempt. */
  readonly baseMs: number;
  /** Longest wait between two attempts, jitter included. */
  readonly capMs: number;
}

/**
 * How long to wait after attempt `attempt` (from 1) has failed: doubles each time up to the cap;
 * between half and the whole of it, by `random` in [0, 1), so that callers do not come back together.
 */
export function backoffMs(policy: BackoffPolicy, attempt: number, random: number): number {
  const whole = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(whole / 2 + (whole / 2) * random);
}
