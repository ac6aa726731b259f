import { ArkError, toArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Life, Runnable } from "./life.ts";
import { pause } from "./pause.ts";
import { whenAborted } from "./when-aborted.ts";

export interface ManagerOptions {
  /** Started in this order, each when the one before is ready, and stopped in the reverse. */
  readonly runnables: readonly Runnable[];
  /** From the wish to stop until what is begun is dropped, for all together. Default 30,000. */
  readonly drainMs?: number;
  /** From then until those that have not ended are given up. Default 5,000. */
  readonly graceMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}

interface Running {
  readonly name: string;
  readonly stop: AbortController;
  readonly abort: AbortController;
  readonly ready: Promise<void>;
  /** Resolves, and never rejects, when it has ended. */
  readonly ended: Promise<void>;
  readonly hasEnded: () => boolean;
}

/**
 * Runs all of them until told to end, or until one of them fails or ends by itself: then the others
 * are stopped in order too, and the failure is thrown. Answers the names of those that did not end
 * in time: they may still be at work.
 */
export async function runManager(options: ManagerOptions, life: Life): Promise<readonly string[]> {
  const { clock, log, drainMs = 30_000, graceMs = 5_000 } = options;
  const failure = new AbortController();
  const ending = AbortSignal.any([life.stop, life.abort, failure.signal]);
  const hasToEnd = whenAborted(ending);
  const running: Running[] = [];
  for (const runnable of options.runnables) {
    if (ending.aborted) break;
    const one = start(runnable, (error) => failure.abort(error), log);
    running.push(one);
    await Promise.race([one.ready, one.ended, hasToEnd]);
  }
  await hasToEnd;
  await withDeadline(clock, drainMs, life.abort, async () => {
    for (const { stop, ended } of running.toReversed()) {
      stop.abort();
      await ended;
    }
  });
  for (const { stop, abort } of running) {
    stop.abort();
    abort.abort();
  }
  const all = Promise.all(running.map(({ ended }) => ended));
  await withDeadline(clock, graceMs, undefined, () => all);
  const left = running.filter(({ hasEnded }) => !hasEnded()).map(({ name }) => name);
  if (left.length > 0) log.write("error", "parts did not end in time", { parts: left });
  if (failure.signal.aborted) throw failure.signal.reason;
  return left;
}

function start(runnable: Runnable, fail: (error: ArkError) => void, log: Log): Running {
  const { name } = runnable;
  const [stop, abort] = [new AbortController(), new AbortController()];
  let isReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  let over = false;
  const run = async (): Promise<void> => {
    try {
      await runnable.run({ stop: stop.signal, abort: abort.signal }, isReady);
      if (!stop.signal.aborted) fail(endedByItself(name));
    } catch (thrown) {
      const error = toArkError(thrown);
      if (!stop.signal.aborted) fail(error);
      else if (!abort.signal.aborted) log.write("warn", "part ended badly", { part: name, error });
    } finally {
      over = true;
    }
  };
  return { name, stop, abort, ready, ended: run(), hasEnded: () => over };
}

function endedByItself(name: string): ArkError {
  return new ArkError("ARK_UNEXPECTED", `the part "${name}" of the server has ended by itself`, {
    disposition: "bug",
  });
}

/** Waits for the work, but no longer than `ms`, nor after `sooner` has aborted. */
async function withDeadline(
  clock: Clock,
  ms: number,
  sooner: AbortSignal | undefined,
  work: () => Promise<unknown>,
): Promise<void> {
  const done = new AbortController();
  const earlier = sooner === undefined ? [] : [whenAborted(sooner)];
  try {
    await Promise.race([work(), pause(clock, ms, done.signal), ...earlier]);
  } finally {
    done.abort();
  }
}
