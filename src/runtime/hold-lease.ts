import { hasCode, toArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { type LeaderTerm, type OwnTerm, sentAt } from "./leader-term.ts";
import type { LeaseAccess } from "./lease-access.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { pause } from "./pause.ts";

export interface HoldContext {
  readonly access: LeaseAccess;
  readonly clock: Clock;
  readonly log: Log;
  readonly renewMs: number;
}

/** After a renewal that did not come to an end. */
const retryMs = 500;

/** An attempt without an answer for so long is joined by another. */
const secondAttemptMs = 1_000;

/**
 * Renews the Lease until `lead` has ended; gives it up then, unless the term was lost before.
 * Rejects with what `lead` throws in a term that was not lost.
 */
export async function holdLease(
  context: HoldContext,
  term: OwnTerm,
  lead: (term: LeaderTerm) => Promise<void>,
): Promise<"lost" | "ended"> {
  const ended = new AbortController();
  const renewing = keepRenewing(context, term, ended.signal);
  let failure: { readonly error: unknown } | undefined;
  try {
    await lead(term);
  } catch (error) {
    failure = { error };
  }
  const wasLost = term.isOver();
  ended.abort();
  await renewing;
  if (!term.isOver()) await release(context, term);
  if (failure !== undefined && !wasLost) throw failure.error;
  return wasLost ? "lost" : "ended";
}

async function keepRenewing(
  context: HoldContext,
  term: OwnTerm,
  ended: AbortSignal,
): Promise<void> {
  const { clock, log, renewMs } = context;
  let pauseMs = renewMs;
  for (;;) {
    await pause(clock, Math.min(pauseMs, term.leftMs()), ended);
    if (ended.aborted) return;
    const begunMs = clock.monotonicMs();
    const isRenewed = !term.isOver() && (await renew(context, term));
    // What is proven counts from the sending: a slow answer takes its time out of the pause.
    const takenMs = clock.monotonicMs() - begunMs;
    pauseMs = isRenewed ? Math.max(0, renewMs - takenMs) : retryMs;
    if (term.isOver()) {
      log.write("warn", "leadership lost", { epoch: term.epoch, error: term.lost.reason });
      return;
    }
  }
}

type Attempted = "renewed" | "conflict" | "gone" | "failed";

/**
 * False when it is to be tried again. Ends the term when that is of no use. A slow API server has as
 * long as the term, and a connection that hangs does not use up the time: a second attempt joins the
 * first, of the same revision, so that one of them at most is carried out.
 */
async function renew(context: HoldContext, term: OwnTerm): Promise<boolean> {
  const { access, clock } = context;
  const renewed = new AbortController();
  const answered = new AbortController();
  const signal = AbortSignal.any([term.lost, renewed.signal]);
  const first = attempt(context, term, term.lease, signal).finally(() => answered.abort());
  await pause(clock, secondAttemptMs, answered.signal);
  const needsOther = !answered.signal.aborted && !term.isOver();
  const others = needsOther ? [attempt(context, term, term.lease, signal)] : [];
  const answers = await untilRenewed([first, ...others]);
  renewed.abort();
  if (answers.includes("renewed")) return true;
  if (term.isOver()) return false;
  if (answers.includes("gone")) term.end("the Lease is gone");
  else if (answers.includes("conflict")) await adopt(access, term);
  return false;
}

async function attempt(
  { access, clock }: HoldContext,
  term: OwnTerm,
  before: LeaseRecord,
  signal: AbortSignal,
): Promise<Attempted> {
  const sent = sentAt(clock);
  const options = { signal, limitMs: term.leftMs(), fence: term.fence };
  try {
    const lease = await access.write(before, before, options);
    return term.renewed(lease, sent) ? "renewed" : "failed";
  } catch (error) {
    if (hasCode(error, "ARK_API_NOT_FOUND")) return "gone";
    return hasCode(error, "ARK_API_CONFLICT") ? "conflict" : "failed";
  }
}

/** What has been answered when one of them has renewed it, or all have ended. */
function untilRenewed(attempts: readonly Promise<Attempted>[]): Promise<readonly Attempted[]> {
  const answers: Attempted[] = [];
  return new Promise((resolve, reject) => {
    const take = (answer: Attempted): void => {
      answers.push(answer);
      if (answer === "renewed" || answers.length === attempts.length) resolve(answers);
    };
    for (const one of attempts) one.then(take, reject);
  });
}

/** After a conflict: an earlier attempt of this very term may have been what changed the Lease. */
async function adopt(access: LeaseAccess, term: OwnTerm): Promise<void> {
  const { holder, epoch } = term.lease;
  const lease = await access.read(term.lost).catch(() => term.lease);
  if (lease?.holder !== holder || lease.epoch !== epoch) {
    term.end(`"${lease?.holder ?? ""}" holds the Lease`);
    return;
  }
  // When it was written is not known: what is proven of the term stays as it was.
  term.lease = lease;
}

/** So that the next one need not wait. A Lease that cannot be given up runs out by itself. */
async function release({ access, log }: HoldContext, term: OwnTerm): Promise<void> {
  const { epoch, lease, fence, lost } = term;
  try {
    await access.write(lease, { holder: "", epoch }, { signal: lost, fence });
    log.write("info", "lease released", { epoch });
  } catch (error) {
    log.write("warn", "lease not released", { epoch, error: toArkError(error) });
  }
  term.end("it was given up");
}
