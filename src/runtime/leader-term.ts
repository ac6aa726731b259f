import { ArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { LeaseRecord } from "./lease-record.ts";

/** One time of leading, from winning the Lease to losing or giving it up. It never comes back. */
export interface LeaderTerm {
  /** Higher than that of every term before: for marking what is written in it. */
  readonly epoch: number;
  /** Aborts as soon as the loss is noticed. A timer notices it: before a write ask {@link isOver}. */
  readonly lost: AbortSignal;
  /** Looks at the clock, and so is right even when no timer has run since the process was stopped. */
  isOver(): boolean;
  /** For `fence` of a write: throws ARK_LEADERSHIP_LOST once the term is over. */
  readonly fence: () => void;
}

export interface OwnTerm extends LeaderTerm {
  /** The Lease as this process last wrote it. */
  lease: LeaseRecord;
  /** When the next renewal is due at the latest, in milliseconds from now; 0 when it is over. */
  leftMs(): number;
  /** False when the term had ended before the renewal was known. */
  renewed(lease: LeaseRecord, sentAt: SentAt): boolean;
  end(why: string): void;
}

/** When a request was sent, by both clocks: a machine that sleeps may stop the monotonic one. */
export interface SentAt {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export function sentAt(clock: Clock): SentAt {
  return { monotonicMs: clock.monotonicMs(), wallMs: clock.now().getTime() };
}

/**
 * `deadlineMs`: the term is over when it was not renewed for so long, counted from the sending of
 * the last renewal that succeeded; less than others wait before they take the Lease.
 */
export function createTerm(
  clock: Clock,
  deadlineMs: number,
  lease: LeaseRecord,
  wonAt: SentAt,
): OwnTerm {
  const lost = new AbortController();
  let provenAt = wonAt;
  let isOver = false;
  const leftMs = (): number => {
    if (isOver) return 0;
    const passedMs = Math.max(
      clock.monotonicMs() - provenAt.monotonicMs,
      clock.now().getTime() - provenAt.wallMs,
    );
    return Math.max(0, deadlineMs - passedMs);
  };
  const end = (why: string): void => {
    isOver = true;
    if (!lost.signal.aborted) lost.abort(leadershipLost(term.epoch, why));
  };
  const hasEnded = (): boolean => {
    if (!isOver && leftMs() <= 0) end("the Lease was not renewed in time");
    return isOver;
  };
  const term: OwnTerm = {
    lease,
    epoch: lease.epoch,
    lost: lost.signal,
    isOver: hasEnded,
    fence: () => {
      if (hasEnded()) throw lost.signal.reason;
    },
    leftMs,
    renewed(renewal, sent) {
      if (hasEnded()) return false;
      term.lease = renewal;
      provenAt = sent;
      return true;
    },
    end,
  };
  return term;
}

function leadershipLost(epoch: number, why: string): ArkError {
  return new ArkError(
    "ARK_LEADERSHIP_LOST",
    `this replica no longer leads (its epoch was ${epoch}): ${why}`,
    {
      advice:
        "Another replica goes on with the work; nothing is written here until it leads again.",
      disposition: "retry",
    },
  );
}
