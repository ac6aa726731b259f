/** Bounds how often something is begun: `burst` at once, then `perSecond`. */
export interface TokenBucket {
  /** Resolves when one may be begun, in the order of the calls; rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<void>;
}

export interface TokenBucketOptions {
  readonly perSecond: number;
  readonly burst: number;
  readonly monotonicMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export function createTokenBucket({
  perSecond,
  burst,
  monotonicMs,
  sleep,
}: TokenBucketOptions): TokenBucket {
  const intervalMs = 1_000 / perSecond;
  /** When the bucket is full again. */
  let fullAtMs = Number.NEGATIVE_INFINITY;
  return {
    async take(signal) {
      signal.throwIfAborted();
      const now = monotonicMs();
      fullAtMs = Math.max(fullAtMs, now) + intervalMs;
      const waitMs = fullAtMs - now - burst * intervalMs;
      if (waitMs > 0) await sleep(waitMs, signal);
    },
  };
}
