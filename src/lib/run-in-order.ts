import { ArkError } from "./errors.ts";

/**
 * Runs `work` over `items`, at most `limit` at once, the first ones first, but none before all
 * of those that `comesBefore` puts before it have ended. The first failure stops new work; what
 * runs is waited for, then the failure is thrown. `comesBefore` must be free of cycles.
 */
export async function runInOrder<T>(
  items: readonly T[],
  limit: number,
  comesBefore: (earlier: T, later: T) => boolean,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = new Set(items);
  const running = new Map<T, Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const isReady = (item: T): boolean =>
    [...waiting, ...running.keys()].every((other) => !comesBefore(other, item));
  const start = (item: T): void => {
    waiting.delete(item);
    const done = work(item)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => running.delete(item));
    running.set(item, done);
  };
  while (failure === undefined && waiting.size > 0) {
    for (const item of waiting) {
      if (running.size >= limit) break;
      if (isReady(item)) start(item);
    }
    if (running.size === 0) throw new ArkError("ARK_UNEXPECTED", "the order has a cycle");
    await Promise.race(running.values());
  }
  await Promise.all(running.values());
  if (failure !== undefined) throw failure.error;
}
