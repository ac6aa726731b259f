/** Stores that keep less than the port promises, as some real ones do. */

import { ArkError } from "../../src/lib/errors.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { ListEntry, ObjectStore, Upload } from "../../src/ports/object-store.ts";

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

/** Reads show an object that was put only `lagMs` later: it is missing, or what was there before. */
export function laggingReads(inner: ObjectStore, clock: Clock, lagMs: number): ObjectStore {
  const hiddenUntil = new Map<string, number>();
  const hide = (key: string) => hiddenUntil.set(key, clock.monotonicMs() + lagMs);
  const isHidden = (key: string) => (hiddenUntil.get(key) ?? 0) > clock.monotonicMs();
  const hideOnEnd = (key: string, upload: Upload): Upload => ({
    uploadId: upload.uploadId,
    putPart: (number, body, options) => upload.putPart(number, body, options),
    abort: (options) => upload.abort(options),
    async complete(parts, options) {
      await upload.complete(parts, options);
      hide(key);
    },
  });
  return {
    ...inner,
    async put(key, body, options) {
      await inner.put(key, body, options);
      hide(key);
    },
    async get(key, options) {
      if (!isHidden(key)) return await inner.get(key, options);
      throw new ArkError("ARK_STORE_NOT_FOUND", `there is no object ${JSON.stringify(key)}`);
    },
    head: async (key, options) => (isHidden(key) ? undefined : await inner.head(key, options)),
    async startUpload(key, options) {
      return hideOnEnd(key, await inner.startUpload(key, options));
    },
    async resumeUpload(key, uploadId, options) {
      const upload = await inner.resumeUpload(key, uploadId, options);
      return upload === undefined ? undefined : hideOnEnd(key, upload);
    },
  };
}
