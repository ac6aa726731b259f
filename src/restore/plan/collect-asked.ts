import type { IndexLine } from "../../format/index-line.ts";
import { createFingerprintTable } from "../../lib/fingerprint-table.ts";
import type { AskedItem } from "../actions/foresee-actions.ts";
import type { Assessor } from "../apply/assess-item.ts";
import { journalItem } from "../record/entries-with-intents.ts";
import { itemKey } from "../record/interrupted-restore.ts";

/** What item actions ask for, of which a plan has seen nothing yet. */
export interface AskedItems {
  add(asked: AskedItem): void;
  /** It is in the plan, whoever asks for it. */
  see(line: IndexLine): void;
  /**
   * Keys of those that come on top, which are then taken whatever their labels; undefined: there
   * are none. `missing` is told of those that the backup does not have.
   */
  next(
    missing: ((asked: AskedItem) => void) | undefined,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string> | undefined>;
}

const mark = "0123456789abcdef";

export function collectAsked(run: Assessor): AskedItems {
  const seen = createFingerprintTable();
  const told = new Set<string>();
  let waiting = new Map<string, AskedItem>();
  return {
    add(asked) {
      const { resource, namespace } = asked.item;
      // A namespace comes with what is in it.
      if (resource === "namespaces") return;
      if (!asked.mustInclude && !run.plan.selection.mayPullIn(resource, namespace)) return;
      const key = itemKey(asked.item);
      run.actions?.asked.add(key);
      if (!waiting.has(key)) waiting.set(key, asked);
    },
    see: (line) => seen.put(itemKey(journalItem(line)), mark),
    async next(missing, signal) {
      const taken = waiting;
      waiting = new Map();
      const found = new Set<string>();
      if (taken.size > 0) {
        for await (const line of run.backup.index(signal)) {
          const key = itemKey(journalItem(line));
          if (taken.has(key)) found.add(key);
        }
      }
      for (const [key, asked] of taken) {
        if (found.has(key) || told.has(key)) continue;
        told.add(key);
        missing?.(asked);
      }
      const more = new Set([...found].filter((key) => !seen.has(key)));
      return more.size === 0 ? undefined : more;
    },
  };
}
