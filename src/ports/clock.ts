/** Time and chance enter through here, so that runs can be simulated. */
export interface Clock {
  now(): Date;
  /** Milliseconds that never run backwards; for durations only. */
  monotonicMs(): number;
  /** Rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** A random UUID, version 4. */
  uuid(): string;
  /** In [0, 1). */
  random(): number;
}
