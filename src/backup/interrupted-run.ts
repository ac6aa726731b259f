import { readStored } from "../catalog/read-stored.ts";
import {
  type Checkpoint,
  type CheckpointEnd,
  type CheckpointTail,
  decodeCheckpoint,
  type ListPosition,
  listId,
  type StoredPart,
} from "../format/checkpoint.ts";
import { decodeIndexLine } from "../format/index-codec.ts";
import type { IndexLine } from "../format/index-line.ts";
import { checkpointKey, runFolder } from "../format/keys.ts";
import type { ManifestCut, ManifestMember } from "../format/manifest.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { IndexTexts } from "./archive-writer.ts";

/** What an earlier process of a run made durable. */
export interface InterruptedRun {
  readonly runUid: string;
  readonly checkpoints: number;
  /** Absent: nothing was uploaded. */
  readonly uploadId: string | undefined;
  readonly parts: readonly StoredPart[];
  /** What the archive has behind them so far. */
  readonly tail: Uint8Array;
  readonly members: readonly ManifestMember[];
  readonly lists: ReadonlyMap<string, ListPosition>;
  /** What was told of wanted items by all positions, in their order. */
  readonly wanted: readonly string[];
  readonly cuts: readonly ManifestCut[];
  /** Present: everything was collected and sent, only the upload may not be completed. */
  readonly end: CheckpointEnd | undefined;
  /** The index lines of its members, checkpoint by checkpoint; read anew. */
  indexTexts(signal: AbortSignal): AsyncIterable<IndexTexts<string>>;
}

const maxCheckpointFileBytes = 64 * 1024 * 1024;

/**
 * Reads the checkpoints of a run. Errors: ARK_BACKUP_DAMAGED when they do not fit together: such
 * a run cannot be continued, only begun again.
 */
export async function readInterruptedRun(
  store: ObjectStore,
  runUid: string,
  signal: AbortSignal,
): Promise<InterruptedRun> {
  const count = await countCheckpoints(store, runUid, signal);
  const read = async (number: number, readSignal: AbortSignal): Promise<Checkpoint> => {
    const key = checkpointKey(runUid, number);
    const bytes = await readStored(store, key, maxCheckpointFileBytes, readSignal);
    const checkpoint = await decodeCheckpoint(bytes, key);
    if (checkpoint.number !== number) throw misfit(runUid, `${key} says ${checkpoint.number}`);
    return checkpoint;
  };
  const parts: StoredPart[] = [];
  const tails = createTails(runUid);
  const members: ManifestMember[] = [];
  const lists = new Map<string, ListPosition>();
  const wanted: string[] = [];
  let uploadId: string | undefined;
  let cuts: readonly ManifestCut[] = [];
  let end: CheckpointEnd | undefined;
  for (let number = 1; number <= count; number++) {
    const checkpoint = await read(number, signal);
    uploadId = checkpoint.uploadId ?? uploadId;
    parts.push(...checkpoint.parts);
    tails.add(checkpoint);
    members.push(...checkpoint.members);
    for (const position of checkpoint.lists) {
      lists.set(listId(position), position);
      for (const text of position.wanted ?? []) wanted.push(text);
    }
    cuts = checkpoint.cuts;
    // Signs of life may follow it.
    end = checkpoint.end ?? end;
  }
  const tail = tails.rest();
  checkTiling(runUid, { parts, members, tail });
  checkLists(runUid, lists);
  return {
    runUid,
    checkpoints: count,
    uploadId,
    parts,
    tail,
    members,
    lists,
    wanted,
    cuts,
    end,
    async *indexTexts(again) {
      for (let number = 1; number <= count; number++) yield await read(number, again);
    },
  };
}

/** Puts together what checkpoints keep of the archive behind its parts. */
function createTails(runUid: string) {
  let pieces: CheckpointTail[] = [];
  let partBytes = 0;
  let keptBytes = 0;
  return {
    add({ parts, tail }: Pick<Checkpoint, "parts" | "tail">): void {
      for (const { sizeBytes } of parts) partBytes += sizeBytes;
      keptBytes = Math.max(keptBytes, partBytes);
      if (tail !== undefined) {
        if (tail.offset !== keptBytes) throw misfit(runUid, `nothing is kept up to ${tail.offset}`);
        keptBytes += tail.bytes.length;
        pieces.push(tail);
      }
      pieces = pieces.filter(({ offset, bytes }) => offset + bytes.length > partBytes);
    },
    /** A part never ends within one: checkTiling tells where it does. */
    rest: (): Uint8Array => Buffer.concat(pieces.map(({ bytes }) => bytes)),
  };
}

/** They are numbered from 1 without gaps, so their number is the largest one. */
async function countCheckpoints(
  store: ObjectStore,
  runUid: string,
  signal: AbortSignal,
): Promise<number> {
  const folder = runFolder(runUid);
  const numbers: number[] = [];
  for await (const entry of store.list(folder, { signal })) {
    const number = Number(entry.key.slice(folder.length));
    if (Number.isSafeInteger(number) && number > 0) numbers.push(number);
  }
  const largest = Math.max(0, ...numbers);
  if (largest !== numbers.length) throw misfit(runUid, "a checkpoint is missing");
  return largest;
}

/** Parts are numbered from 1, and members fill them, and what is behind them, to the byte. */
function checkTiling(
  runUid: string,
  { parts, members, tail }: Pick<InterruptedRun, "parts" | "members" | "tail">,
): void {
  parts.forEach((part, index) => {
    if (part.number !== index + 1) throw misfit(runUid, `part ${index + 1} is missing`);
  });
  let offset = 0;
  for (const member of members) {
    if (member.offset !== offset) throw misfit(runUid, `no member begins at byte ${offset}`);
    offset += member.sizeBytes;
  }
  const keptBytes = parts.reduce((sum, part) => sum + part.sizeBytes, tail.length);
  if (offset !== keptBytes) {
    throw misfit(runUid, `its parts have ${keptBytes} bytes, its members ${offset}`);
  }
}

/** A list that came unordered cannot be taken up in the middle without loss or repetition. */
function checkLists(runUid: string, lists: ReadonlyMap<string, ListPosition>): void {
  for (const position of lists.values()) {
    if (!position.done && !position.ordered) {
      throw misfit(runUid, `the list of ${position.resource} came in no order`);
    }
  }
}

/** Errors of this kind let a run be begun again; see {@link isMisfit}. */
export function misfit(runUid: string, why: string): ArkError {
  return new ArkError("ARK_BACKUP_DAMAGED", `run ${runUid} cannot be continued: ${why}`);
}

/** The index lines of an interrupted run, in archive order; `lines` are those of objects. */
export async function* indexLinesOf(
  texts: AsyncIterable<IndexTexts<string>>,
): AsyncGenerator<{ readonly texts: IndexTexts<string>; readonly lines: readonly IndexLine[] }> {
  for await (const one of texts) {
    const rows = one.indexText.split("\n").filter((row) => row !== "");
    yield { texts: one, lines: rows.map((row, index) => decodeIndexLine(row, index + 1)) };
  }
}

/** True for errors after which a run is begun again rather than refused. */
export function isMisfit(error: unknown): error is ArkError {
  return hasCode(error, "ARK_BACKUP_DAMAGED") || hasCode(error, "ARK_STORE_NOT_FOUND");
}
