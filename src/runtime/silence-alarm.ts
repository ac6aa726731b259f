import type { Clock } from "../ports/clock.ts";

/** Ends something that has been silent for too long. */
export interface SilenceAlarm {
  /** Aborts when the alarm rings, or with the parent. */
  readonly signal: AbortSignal;
  /** Whether silence is why the signal has aborted. */
  readonly rang: boolean;
  /** There was a sign of life. */
  heard(): void;
  /** To be called when the thing has ended. */
  stop(): void;
}

/** `reason` is what the signal then aborts with. */
export function createSilenceAlarm(
  clock: Clock,
  limitMs: number,
  parent: AbortSignal,
  reason: () => unknown,
): SilenceAlarm {
  const over = new AbortController();
  const stopped = new AbortController();
  const follow = (): void => over.abort(parent.reason);
  let heardAtMs = clock.monotonicMs();
  let rang = false;
  const listen = async (): Promise<void> => {
    for (;;) {
      const leftMs = heardAtMs + limitMs - clock.monotonicMs();
      if (leftMs <= 0) break;
      await clock.sleep(leftMs, stopped.signal);
    }
    rang = true;
    over.abort(reason());
  };
  if (parent.aborted) follow();
  else parent.addEventListener("abort", follow, { once: true });
  // Only `stop` ends the sleep before its time.
  listen().catch(() => undefined);
  return {
    signal: over.signal,
    get rang() {
      return rang;
    },
    heard() {
      heardAtMs = clock.monotonicMs();
    },
    stop() {
      stopped.abort();
      parent.removeEventListener("abort", follow);
    },
  };
}
