/**
 * Runs `work` over the items of a stream, at most `limit` at once, and yields the results in the
 * order of the items. The source is read no further than the work in flight. A failure is thrown
 * where its result would have stood; what is then in flight is waited for and dropped.
 */
export async function* mapInOrder<T, R>(
  source: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const inFlight: Promise<R>[] = [];
  try {
    for await (const item of source) {
      const result = work(item);
      // Awaited below in its turn; until then its failure must not count as unhandled.
      result.catch(() => {});
      inFlight.push(result);
      if (inFlight.length >= limit) yield await (inFlight.shift() as Promise<R>);
    }
    while (inFlight.length > 0) yield await (inFlight.shift() as Promise<R>);
  } finally {
    await Promise.allSettled(inFlight);
  }
}
