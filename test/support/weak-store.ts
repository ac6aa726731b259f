/** Stores that keep less than the port promises, as some real ones do. */
import type { Clock } from "../../src/ports/clock.ts";
import type { ListEntry, ObjectStore } from "../../src/ports/object-store.ts";

/** Accepts create-only puts and overwrites, as Ceph does in versioned buckets. */
export function ignoringConditions(inner: ObjectStore): ObjectStore {
  return {
    ...inner,
    put: (key, body, { signal }) => inner.put(key, body, { signal }),
  };
}

/** Lists show what was put, and hide what was removed, only `lagMs` later. */
export function laggingLists(inner: ObjectStore, clock: Clock, lagMs: number): ObjectStore {
  const changed = new Map<string, { readonly atMs: number; readonly ghost?: ListEntry }>();
  const lagging = (key: string) => {
    const change = changed.get(key);
    return change !== undefined && clock.monotonicMs() - change.atMs < lagMs ? change : undefined;
  };
  return {
    ...inner,
    async put(key, body, options) {
      const isNew = (await inner.head(key, options)) === undefined;
      await inner.put(key, body, options);
      if (isNew) changed.set(key, { atMs: clock.monotonicMs() });
    },
    async remove(key, options) {
      const info = await inner.head(key, options);
      await inner.remove(key, options);
      if (info === undefined || lagging(key) !== undefined) return;
      const { sizeBytes, modifiedAt } = info;
      const ghost: ListEntry = { kind: "object", key, sizeBytes, modifiedAt };
      changed.set(key, { atMs: clock.monotonicMs(), ghost });
    },
    async *list(prefix, options) {
      // Folders are shown as they are: only objects lag.
      if (options.delimiter !== undefined) return yield* inner.list(prefix, options);
      const seen: ListEntry[] = [];
      for await (const entry of inner.list(prefix, options)) {
        if (lagging(entry.key) === undefined) seen.push(entry);
      }
      for (const key of changed.keys()) {
        const ghost = lagging(key)?.ghost;
        if (ghost !== undefined && key.startsWith(prefix)) seen.push(ghost);
      }
      yield* seen.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    },
  };
}

/** Every call takes its own time, so that callers meet in every order. */
export function unsteady(inner: ObjectStore, clock: Clock, longestMs: number): ObjectStore {
  const pause = (signal: AbortSignal) => clock.sleep(clock.random() * longestMs, signal);
  return {
    ...inner,
    async put(key, body, options) {
      await pause(options.signal);
      await inner.put(key, body, options);
      await pause(options.signal);
    },
    async remove(key, options) {
      await pause(options.signal);
      const outcome = await inner.remove(key, options);
      await pause(options.signal);
      return outcome;
    },
    async *list(prefix, options) {
      await pause(options.signal);
      const entries: ListEntry[] = [];
      for await (const entry of inner.list(prefix, options)) entries.push(entry);
      await pause(options.signal);
      yield* entries;
    },
  };
}
