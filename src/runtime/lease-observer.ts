import type { Clock } from "../ports/clock.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { pause } from "./pause.ts";

/** What is known of the Lease, and since when it has not changed: by this clock, not by its times. */
export interface LeaseObserver {
  /** Undefined: there is none. */
  saw(lease: LeaseRecord | undefined): void;
  /** Whether anything is known. */
  readonly isKnown: boolean;
  readonly last: LeaseRecord | undefined;
  /** The highest so far: a Lease that somebody has deleted does not begin anew with 1. */
  readonly highestEpoch: number;
  /** How long its holder still counts as alive; 0 from then on. `leastMs`: whatever the Lease says. */
  leftMs(leastMs: number): number;
  /** Resolves at the next change, after `ms`, or when the signal aborts. */
  changedOrAfter(ms: number, signal: AbortSignal): Promise<void>;
}

export function createLeaseObserver(clock: Clock): LeaseObserver {
  let isKnown = false;
  let last: LeaseRecord | undefined;
  let highestEpoch = 0;
  let changedAtMs = 0;
  let wake = new AbortController();
  return {
    get isKnown() {
      return isKnown;
    },
    get last() {
      return last;
    },
    get highestEpoch() {
      return highestEpoch;
    },
    saw(lease) {
      const isSame = isKnown && identityOf(lease) === identityOf(last);
      isKnown = true;
      last = lease;
      highestEpoch = Math.max(highestEpoch, lease?.epoch ?? 0);
      if (isSame) return;
      changedAtMs = clock.monotonicMs();
      wake.abort();
      wake = new AbortController();
    },
    leftMs(leastMs) {
      const durationMs = Math.max(leastMs, last?.durationMs ?? 0);
      return Math.max(0, changedAtMs + durationMs - clock.monotonicMs());
    },
    async changedOrAfter(ms, signal) {
      const woken = wake;
      const end = (): void => woken.abort();
      if (signal.aborted) return;
      signal.addEventListener("abort", end, { once: true });
      await pause(clock, ms, woken.signal);
      signal.removeEventListener("abort", end);
    },
  };
}

/** The parts that a holder changes by renewing. */
function identityOf(lease: LeaseRecord | undefined): string {
  return lease === undefined ? "" : [lease.holder, lease.epoch, lease.renewTime].join("\n");
}
