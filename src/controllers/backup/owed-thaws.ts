import { annotations } from "../../api/labels.ts";
import { numberOfThawKey, runFolder } from "../../format/keys.ts";
import { toArkError } from "../../lib/errors.ts";
import type { Log } from "../../ports/log.ts";
import type { ObjectStore } from "../../ports/object-store.ts";

/**
 * Says on a Backup that ends which records of post hooks its run leaves unpaid, for those who cannot
 * list the bucket. Never rejects but for the signal's reason: a bucket that is away hides them.
 */
export async function noteOwedThaws(
  runUid: string,
  { store, log }: { readonly store: ObjectStore; readonly log: Log },
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const numbers: number[] = [];
  try {
    for await (const { key } of store.list(runFolder(runUid), { signal })) {
      const number = numberOfThawKey(key);
      if (number !== undefined) numbers.push(number);
    }
  } catch (thrown) {
    signal.throwIfAborted();
    log.write("warn", "what a backup owes to pods is not known", { error: toArkError(thrown) });
  }
  if (numbers.length === 0) return {};
  return { [annotations.owedThaws]: numbers.sort((a, b) => a - b).join(",") };
}
