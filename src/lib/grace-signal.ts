/**
 * A signal that aborts some time after another one: for work that a cancel must not skip, and that
 * must still end. `stop` ends the wait.
 */
export function graceSignal(
  signal: AbortSignal,
  graceMs: number,
  sleep: (ms: number, signal: AbortSignal) => Promise<void>,
): { readonly signal: AbortSignal; stop(): void } {
  const late = new AbortController();
  const over = new AbortController();
  const begin = (): void => {
    sleep(graceMs, over.signal).then(
      () => late.abort(signal.reason),
      () => undefined,
    );
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true, signal: over.signal });
  return { signal: late.signal, stop: () => over.abort() };
}
