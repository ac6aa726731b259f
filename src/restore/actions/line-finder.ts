import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import type { ItemReference } from "../../domain/references/item-reference.ts";
import type { IndexLine } from "../../format/index-line.ts";
import { objectKey } from "../apply/object-key.ts";

/** Finds lines of the index by name. */
export interface LineFinder {
  /** Undefined: the backup has no such item. Errors: those of reading the index. */
  find(item: ItemReference, signal: AbortSignal): Promise<IndexLine | undefined>;
}

/**
 * One pass over the index answers all that was asked for before it began: however many ask, there
 * is one pass at a time, and nothing of the index is kept.
 */
export function createLineFinder(backup: Pick<OpenedBackup, "index">): LineFinder {
  const find = findLines(backup, (line) =>
    objectKey(line.resource, line.namespace ?? "", line.name),
  );
  return {
    find: ({ resource, namespace, name }, signal) =>
      find(objectKey(resource, namespace, name), signal),
  };
}

/** The same by any key that a line has. */
export function findLines(
  backup: Pick<OpenedBackup, "index">,
  keyOf: (line: IndexLine) => string,
): (key: string, signal: AbortSignal) => Promise<IndexLine | undefined> {
  let asked = new Set<string>();
  let next: Promise<ReadonlyMap<string, IndexLine>> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const pass = async (signal: AbortSignal): Promise<ReadonlyMap<string, IndexLine>> => {
    const wanted = asked;
    asked = new Set();
    next = undefined;
    const found = new Map<string, IndexLine>();
    for await (const line of backup.index(signal)) {
      const key = keyOf(line);
      if (wanted.has(key)) found.set(key, line);
    }
    return found;
  };
  return async (key, signal) => {
    asked.add(key);
    if (next === undefined) {
      next = last.then(() => pass(signal));
      last = next.catch(() => undefined);
    }
    return (await next).get(key);
  };
}
