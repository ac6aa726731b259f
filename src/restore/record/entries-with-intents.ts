import type { BackupEntry } from "../../catalog/opened-backup.ts";
import type { IndexLine } from "../../format/index-line.ts";
import type { RestoreJournal } from "./restore-journal.ts";

/** The first batch is small, so that the first write comes soon; each next one is larger. */
const firstBatch = 64;
const growth = 4;
const maxBatch = 1024;
const maxBatchBytes = 4 * 1024 * 1024;

/**
 * Hands the entries on in batches, once it is written down which of them are about to be made.
 * The next batch is got ready while the one before is worked on; two are in memory.
 */
export async function* entriesWithIntents(
  entries: AsyncIterable<BackupEntry>,
  isNew: (line: IndexLine) => boolean,
  journal: RestoreJournal,
): AsyncGenerator<BackupEntry> {
  const source = entries[Symbol.asyncIterator]();
  let size = firstBatch;
  const prepare = async (): Promise<{ batch: readonly BackupEntry[]; ended: boolean }> => {
    const { batch, ended } = await takeBatch(source, size);
    size = Math.min(maxBatch, size * growth);
    const lines = batch.flatMap(({ line }) => (isNew(line) ? [journalItem(line)] : []));
    await journal.intend("create", lines);
    return { batch, ended };
  };
  let ahead = prepare();
  try {
    for (;;) {
      const { batch, ended } = await ahead;
      if (!ended) {
        ahead = prepare();
        // Its failure is met above, when its turn comes.
        ahead.catch(() => {});
      }
      yield* batch;
      if (ended) return;
    }
  } finally {
    await ahead.catch(() => {});
    await source.return?.();
  }
}

async function takeBatch(
  source: AsyncIterator<BackupEntry>,
  size: number,
): Promise<{ batch: readonly BackupEntry[]; ended: boolean }> {
  const batch: BackupEntry[] = [];
  let bytes = 0;
  while (batch.length < size && bytes < maxBatchBytes) {
    const next = await source.next();
    if (next.done === true) return { batch, ended: true };
    batch.push(next.value);
    bytes += next.value.bytes.length;
  }
  return { batch, ended: false };
}

/** How the journal names an object of the backup. */
export function journalItem({ resource, namespace = "", name }: IndexLine) {
  return { resource, namespace, name };
}
