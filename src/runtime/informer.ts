import { groupResource } from "../api/resource-kind.ts";
import type { ArkError } from "../lib/errors.ts";
import { type ChangeHandler, createObjectCache, type Lister } from "./object-cache.ts";
import {
  type ReflectorPorts,
  type ReflectorState,
  type ReflectorTarget,
  reflect,
} from "./reflector.ts";

/** A cache that follows a kind, and tells who asks what has changed. */
export interface Informer<T> extends Lister<T> {
  /**
   * `handler` is called with each change, after the cache holds it, and at once with all that is
   * there. It is told levels, not edges: steps in between may be missing, so let it name what to
   * look at (a key for a work queue) and act on what the cache says then. It may not wait.
   */
  onChange(handler: ChangeHandler<T>): void;
  /** Follows until `signal` aborts; fails for nothing that the server does. To be called once. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves when the cache has been whole once; rejects with the signal's reason. */
  whenSynced(signal: AbortSignal): Promise<void>;
  readonly hasSynced: boolean;
  /** Why the cache is not following at the moment; what it holds is then as last known. */
  readonly error: ArkError | undefined;
}

export function createInformer<T>(ports: ReflectorPorts, target: ReflectorTarget<T>): Informer<T> {
  const kind = groupResource(target.kind);
  const cache = createObjectCache<T>((error) =>
    ports.log.write("error", "event handler failed", { kind, error }),
  );
  let announce: () => void = () => undefined;
  const whole = new Promise<void>((resolve) => {
    announce = resolve;
  });
  let synced = false;
  const state: ReflectorState = {
    error: undefined,
    get synced() {
      return synced;
    },
    set synced(value) {
      synced = value;
      if (value) announce();
    },
  };
  return {
    get: cache.get,
    entries: cache.entries,
    get size() {
      return cache.size;
    },
    onChange: cache.onChange,
    run: (signal) => reflect(ports, target, cache, state, signal),
    async whenSynced(signal) {
      signal.throwIfAborted();
      let give: () => void = () => undefined;
      const aborted = new Promise<never>((_, reject) => {
        give = () => reject(signal.reason);
      });
      signal.addEventListener("abort", give, { once: true });
      try {
        await Promise.race([whole, aborted]);
      } finally {
        signal.removeEventListener("abort", give);
      }
    },
    get hasSynced() {
      return synced;
    },
    get error() {
      return state.error;
    },
  };
}
