import type { IndexLine } from "../format/index-line.ts";
import { hasCode } from "../lib/errors.ts";
import { type ArkArchive, type IndexPart, readIndex } from "./read-index.ts";

/** Walks the index beside the archive. A damaged index ends early and says so; nothing is thrown. */
export interface IndexCursor {
  readonly part: IndexPart;
  /** Lines of the member at this offset. Members are asked for in ascending order; some may be left out. */
  linesOf(memberOffset: number): Promise<readonly IndexLine[]>;
  /** Reads what is left, so that the index's own hash is checked. */
  finish(): Promise<void>;
  /** What is wrong with the index; lines that stood behind that are unknown. */
  problem(): string | undefined;
  /** Lines seen so far, by {@link countKey}. */
  counts(): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Of objects the group-resource, of other versions that and the `apiVersion`. */
export function countKey(
  { resource, version }: { readonly resource: string; readonly version: string },
  part: IndexPart,
): string {
  return part === "objects" ? resource : `${resource} ${version}`;
}

/** Errors of its calls: those of the store. */
export function createIndexCursor(
  archive: ArkArchive,
  part: IndexPart,
  signal: AbortSignal,
): IndexCursor {
  const lines = readIndex(archive, signal, part);
  const counts = new Map<string, number>();
  let ahead: IndexLine | undefined;
  let problem: string | undefined;

  const advance = async (): Promise<void> => {
    ahead = undefined;
    if (problem !== undefined) return;
    try {
      const next = await lines.next();
      if (next.done === true) return;
      ahead = next.value;
      const key = countKey(ahead, part);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    } catch (thrown) {
      if (!hasCode(thrown, "ARK_BACKUP_DAMAGED")) throw thrown;
      problem =
        thrown.answer === undefined ? thrown.message : `${thrown.message}: ${thrown.answer}`;
    }
  };

  let started = false;
  return {
    part,
    async linesOf(memberOffset) {
      if (!started) await advance();
      started = true;
      const found: IndexLine[] = [];
      while (ahead !== undefined && ahead.at[0] < memberOffset) await advance();
      while (ahead !== undefined && ahead.at[0] === memberOffset) {
        found.push(ahead);
        await advance();
      }
      return found;
    },
    async finish() {
      if (!started) await advance();
      started = true;
      while (ahead !== undefined) await advance();
    },
    problem: () => problem,
    counts: () => counts,
    async close() {
      await lines.return(undefined);
    },
  };
}
