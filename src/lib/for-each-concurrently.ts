/** What of a stream may be in work at once. */
export interface WorkBounds<T> {
  readonly limit: number;
  /** Nothing is taken while what is in work comes to `max` or more. Default: no such bound. */
  readonly weight?: { readonly of: (item: T) => number; readonly max: number };
}

/**
 * Runs `work` over a stream, within the bounds; the stream is read no faster than that.
 * A failure of stream or work, or an abort, stops new work; what runs is waited for, then the
 * first failure (or the signal's reason) is thrown.
 */
export async function forEachConcurrently<T>(
  source: AsyncIterable<T>,
  { limit, weight }: WorkBounds<T>,
  work: (item: T) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const items = source[Symbol.asyncIterator]();
  let failure: { readonly error: unknown } | undefined;
  let ended = false;
  let inWork = 0;
  let onLighter: (() => void) | undefined;
  const lighter = (): Promise<void> =>
    new Promise((resolve) => {
      onLighter = resolve;
    });
  // One reader at a time: not every iterator queues calls of `next`.
  let turn: Promise<unknown> = Promise.resolve();
  const take = (): Promise<IteratorResult<T>> => {
    const next = turn.then(async (): Promise<IteratorResult<T>> => {
      while (weight !== undefined && inWork >= weight.max) await lighter();
      if (ended || failure !== undefined) return { done: true, value: undefined };
      const result = await items.next();
      if (result.done === true) ended = true;
      else inWork += weight?.of(result.value) ?? 0;
      return result;
    });
    turn = next.catch(() => {});
    return next;
  };
  const worker = async (): Promise<void> => {
    try {
      for (;;) {
        signal.throwIfAborted();
        const next = await take();
        if (next.done === true) return;
        try {
          signal.throwIfAborted();
          await work(next.value);
        } finally {
          inWork -= weight?.of(next.value) ?? 0;
          onLighter?.();
        }
      }
    } catch (error) {
      failure ??= { error };
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  if (failure === undefined) return;
  if (!ended) await Promise.resolve(items.return?.()).catch(() => {});
  throw failure.error;
}
