import type { ObjectKey } from "./object-key.ts";

/** What is kept of an object, and the revision of the object that it was taken from. */
export interface Kept<T> {
  readonly resourceVersion: string;
  readonly value: T;
}

/** One object's step from one state to another: levels, not edges. Steps in between may be missing. */
export interface Change<T> {
  readonly key: ObjectKey;
  /** Undefined: it was not there. */
  readonly before: T | undefined;
  /** Undefined: it is gone. */
  readonly after: T | undefined;
}

export type ChangeHandler<T> = (change: Change<T>) => void;

/** What the cluster held when it was last heard of. Reads cost nothing and ask nobody. */
export interface Lister<T> {
  get(key: ObjectKey): T | undefined;
  /** In no order. */
  entries(): Iterable<readonly [ObjectKey, T]>;
  readonly size: number;
}

/** All that is in it, in no order. */
export function valuesOf<T>(cache: Pick<Lister<T>, "entries">): readonly T[] {
  return Array.from(cache.entries(), ([, value]) => value);
}

export interface ObjectCache<T> extends Lister<T> {
  /** Undefined: the object is gone. */
  put(key: ObjectKey, kept: Kept<T> | undefined): void;
  /** All that there is: what is not in `content` is gone. Only what differs is a change. */
  replace(content: ReadonlyMap<ObjectKey, Kept<T>>): void;
  /** Called after each change has been made; at once for everything that is there already. */
  onChange(handler: ChangeHandler<T>): void;
}

/** `onError`: a handler has thrown; the others and the cache go on. */
export function createObjectCache<T>(onError: (error: unknown) => void): ObjectCache<T> {
  const content = new Map<ObjectKey, Kept<T>>();
  const handlers: ChangeHandler<T>[] = [];
  const tell = (handler: ChangeHandler<T>, change: Change<T>): void => {
    try {
      handler(change);
    } catch (error) {
      onError(error);
    }
  };
  const put: ObjectCache<T>["put"] = (key, kept) => {
    const was = content.get(key);
    if (was === undefined && kept === undefined) return;
    if (was !== undefined && was.resourceVersion === kept?.resourceVersion) return;
    if (kept === undefined) content.delete(key);
    else content.set(key, kept);
    for (const handler of handlers) tell(handler, { key, before: was?.value, after: kept?.value });
  };
  return {
    get: (key) => content.get(key)?.value,
    *entries() {
      for (const [key, kept] of content) yield [key, kept.value] as const;
    },
    get size() {
      return content.size;
    },
    put,
    replace(fresh) {
      for (const key of [...content.keys()]) if (!fresh.has(key)) put(key, undefined);
      for (const [key, kept] of fresh) put(key, kept);
    },
    onChange(handler) {
      handlers.push(handler);
      for (const [key, { value }] of content) {
        tell(handler, { key, before: undefined, after: value });
      }
    },
  };
}
