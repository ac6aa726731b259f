import { createFingerprintTable } from "../../lib/fingerprint-table.ts";

/**
 * Which items a run has restored or is restoring, so that an item which another asks for is
 * restored once, whoever comes first. Keys are those of object-key.ts, by the names in the backup.
 */
export interface ItemVisits {
  /**
   * Does the work unless it was done or is being done. `work` answers whether the item is in the
   * target afterwards; undefined: it failed or was not selected, and may come again.
   */
  visit(key: string, work: () => Promise<boolean | undefined>): Promise<void>;
  /** It is settled without a visit. */
  note(key: string, isThere: boolean): void;
  /** Whether it was visited to its end, and did not fail. */
  isSettled(key: string): boolean;
  /** It was visited to its end, and is in the target. */
  isThere(key: string): boolean;
  /**
   * Waits for a visit of `key` that is under way, on behalf of the visit of `from`. Does not wait
   * for one that waits for `from` itself: items may ask for each other.
   */
  join(from: string, key: string): Promise<void>;
}

const mark = "0123456789abcdef";

export function createItemVisits(): ItemVisits {
  const settled = createFingerprintTable();
  const there = createFingerprintTable();
  const running = new Map<string, Promise<unknown>>();
  const waitsFor = new Map<string, string>();
  const note = (key: string, isThere: boolean): void => {
    settled.put(key, mark);
    if (isThere) there.put(key, mark);
  };
  const isWaitedOnBy = (from: string, key: string): boolean => {
    for (let at: string | undefined = key; at !== undefined; at = waitsFor.get(at)) {
      if (at === from) return true;
    }
    return false;
  };
  return {
    note,
    isSettled: (key) => settled.has(key),
    isThere: (key) => there.has(key),
    async visit(key, work) {
      if (running.has(key) || settled.has(key)) return;
      const visiting = work();
      running.set(key, visiting);
      try {
        const isThere = await visiting;
        if (isThere !== undefined) note(key, isThere);
      } finally {
        running.delete(key);
      }
    },
    async join(from, key) {
      const visiting = running.get(key);
      if (visiting === undefined || isWaitedOnBy(from, key)) return;
      waitsFor.set(from, key);
      try {
        // Its failure is told where it happened.
        await visiting.catch(() => undefined);
      } finally {
        waitsFor.delete(from);
      }
    },
  };
}
