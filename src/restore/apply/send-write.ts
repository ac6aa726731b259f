import { ArkError } from "../../lib/errors.ts";
import { ApiError } from "../../ports/cluster.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import { mayHaveHappened } from "./remember-doubt.ts";
import { removalKey } from "./removals.ts";
import type { UnansweredWrite } from "./unanswered-write.ts";

/** How one write is sent in a run that may be cancelled. */
export interface Sending {
  readonly signal: AbortSignal;
  readonly fence: () => void;
}

export type Sent<T> =
  | { readonly isDone: true; readonly answer: T }
  | { readonly isDone: false; readonly mayBeDone: boolean; readonly thrown: unknown };

/**
 * Sends nothing once `signal` is aborted, also no attempt that is repeated; what has been sent is
 * awaited until the grace of the run ends.
 */
export async function trySend<T>(
  { late }: Pick<RestoreRun, "late">,
  signal: AbortSignal,
  send: (sending: Sending) => Promise<T>,
): Promise<Sent<T>> {
  let isSent = false;
  const fence = (): void => {
    signal.throwIfAborted();
    isSent = true;
  };
  try {
    return { isDone: true, answer: await send({ signal: late, fence }) };
  } catch (thrown) {
    const mayBeDone = thrown instanceof ApiError ? mayHaveHappened(thrown) : isSent;
    return { isDone: false, mayBeDone, thrown };
  }
}

/**
 * A write that is counted, or remembered as unanswered: then it is in the record of the restore,
 * and undoing looks at it. Errors: those of `send`; ARK_WRITE_UNANSWERED when the run is cancelled
 * and the grace is over.
 */
export async function sendWrite<T>(
  run: RestoreRun,
  what: UnansweredWrite,
  signal: AbortSignal,
  send: (sending: Sending) => Promise<T>,
): Promise<T> {
  const sent = await trySend(run, signal, send);
  if (sent.isDone) {
    run.unanswered.delete(removalKey(what));
    return sent.answer;
  }
  const { mayBeDone, thrown } = sent;
  if (!mayBeDone) throw thrown;
  run.unanswered.set(removalKey(what), what);
  throw signal.aborted ? unansweredAtCancel(what, thrown) : thrown;
}

function unansweredAtCancel({ action, target }: UnansweredWrite, cause: unknown): ArkError {
  const done = action === "created" ? "made" : "updated";
  return new ArkError(
    "ARK_WRITE_UNANSWERED",
    `the restore was cancelled before the API server answered: whether ${describeTarget(target)} was ${done} is not known`,
    { advice: "ark-ts restore undo looks whether it was", cause },
  );
}

/** Writes down what was perhaps written, so that undoing looks at it. To be called once, last. */
export function recordUnanswered({ unanswered, removals, effects }: RestoreRun): void {
  for (const [place, { target, ...write }] of unanswered) {
    // With what was deleted there: see tell-removals.ts.
    if (removals.has(place)) continue;
    effects.record(target, { ...write, unanswered: true });
  }
}
