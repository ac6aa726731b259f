import { ArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";

/** An action did not answer in time: what it did, and may still do, is not known. */
export class NoAnswer extends ArkError {
  constructor(limitMs: number) {
    super("ARK_ITEM_ACTION", `it did not answer for ${Math.round(limitMs / 1000)} s`);
  }
}

/**
 * Calls an item action, which may hang: its signal is aborted at the limit and an answer after that
 * is not heard. Errors: those of the call, {@link NoAnswer}, the reason of `signal`.
 */
export async function limitedCall<T>(
  { clock, limitMs }: { readonly clock: Clock; readonly limitMs: number },
  signal: AbortSignal,
  call: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const within = AbortSignal.any([signal, over.signal]);
  const late = clock.sleep(limitMs, within).then((): never => {
    throw new NoAnswer(limitMs);
  });
  try {
    return await Promise.race([(async () => await call(within))(), late]);
  } finally {
    late.catch(() => undefined);
    over.abort();
  }
}
