/**
 * Runs `work` over a stream, at most `limit` at once; the stream is read no faster than that.
 * A failure of stream or work, or an abort, stops new work; what runs is waited for, then the
 * first failure (or the signal's reason) is thrown.
 */
export async function forEachConcurrently<T>(
  source: AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const items = source[Symbol.asyncIterator]();
  let failure: { readonly error: unknown } | undefined;
  let ended = false;
  // One reader at a time: not every iterator queues calls of `next`.
  let turn: Promise<unknown> = Promise.resolve();
  const take = (): Promise<IteratorResult<T>> => {
    const next = turn.then(async (): Promise<IteratorResult<T>> => {
      if (ended || failure !== undefined) return { done: true, value: undefined };
      const result = await items.next();
      if (result.done === true) ended = true;
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
        signal.throwIfAborted();
        await work(next.value);
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
