import { putOwned } from "../catalog/put-owned.ts";
import {
  type CheckpointEnd,
  encodeCheckpoint,
  type ListPosition,
  listId,
  type NewCheckpoint,
  type StoredPart,
} from "../format/checkpoint.ts";
import { checkpointKey } from "../format/keys.ts";
import type { ManifestCut, ManifestMember } from "../format/manifest.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { Placed } from "./archive-writer.ts";

/** Silence after which an empty checkpoint says that the run is alive. */
const signOfLifeMs = 60_000;
/** Silence after which what was placed and fills no part yet is kept in a checkpoint. */
const keepTailMs = 30_000;
/** In one checkpoint; the rest comes with the next one. */
const mostTailBytes = 8 * 1024 * 1024;

/**
 * Makes a run continuable: after each part that the store acknowledged, what lies in it is put
 * as a checkpoint (design part 5); and where none comes for long, what the next part has so far,
 * with its bytes. What was placed and is not durable yet is held in memory.
 */
export interface Journal {
  placed(placed: Placed): void;
  durable(uploadId: string, part: StoredPart): Promise<void>;
  /** From here on parts are held back for the checkpoint that {@link Journal.end} writes. */
  holdBack(): void;
  /** A checkpoint tells of the upload, so that another process can go on with it. */
  knowsUpload(): boolean;
  /** The last checkpoint: all parts are there, only the upload is to be completed. */
  end(end: CheckpointEnd): Promise<void>;
  /** Until it is aborted: checkpoints by time, with what is new or empty. */
  keepAlive(signal: AbortSignal): Promise<void>;
}

export interface JournalOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly runUid: string;
  /** Checkpoints and bytes that an earlier process left. */
  readonly checkpointsBefore: number;
  readonly bytesBefore: number;
  /** Up to where its checkpoints keep the archive: in parts, and behind them. */
  readonly keptBefore: number;
  /** A copy of what no part has, from an offset; undefined while a part is on its way. */
  readonly unsent: (offset: number, sizeBytes: number) => Buffer | undefined;
  readonly cuts: () => readonly ManifestCut[];
  /** Throws when another process has taken the run over: then nothing more may be written. */
  readonly checkOwner: () => Promise<void>;
}

export function createJournal(options: JournalOptions, signal: AbortSignal): Journal {
  const { store, clock, runUid } = options;
  let waiting: Placed[] = [];
  let partBytes = options.bytesBefore;
  let keptBytes = options.keptBefore;
  let number = options.checkpointsBefore;
  let writtenAtMs = clock.monotonicMs();
  let last: Promise<void> = Promise.resolve();

  let isKnown = options.bytesBefore > 0;
  let held: { readonly uploadId: string; readonly part: StoredPart }[] | undefined;

  const write = async (news: Omit<NewCheckpoint, "number" | "at" | "cuts">): Promise<void> => {
    number += 1;
    const at = clock.now().toISOString();
    const checkpoint = { number, at, ...news, cuts: options.cuts() };
    writtenAtMs = clock.monotonicMs();
    const key = checkpointKey(runUid, number);
    const bytes = await encodeCheckpoint(checkpoint);
    await putOwned({ store, key, bytes, checkOwner: options.checkOwner }, signal);
    isKnown ||= news.uploadId !== undefined;
  };
  const settle = (endOffset: number): ReturnType<typeof gathered> => {
    keptBytes = Math.max(keptBytes, endOffset);
    const settled = waiting.filter((placed) => placed.endOffset <= keptBytes);
    waiting = waiting.filter((placed) => placed.endOffset > keptBytes);
    return gathered(settled);
  };
  const settlePart = (addedBytes: number): ReturnType<typeof gathered> => {
    partBytes += addedBytes;
    return settle(partBytes);
  };
  /** Undefined: nothing is new, or a part keeps it in a moment. */
  const tail = (): Omit<NewCheckpoint, "number" | "at" | "cuts"> | undefined => {
    const offset = keptBytes;
    const most = offset + mostTailBytes;
    const end = waiting.findLast(({ endOffset }) => endOffset <= most)?.endOffset;
    if (held !== undefined || end === undefined) return undefined;
    const bytes = options.unsent(offset, end - offset);
    if (bytes?.length !== end - offset) return undefined;
    return { parts: [], ...settle(end), tail: { offset, bytes } };
  };
  const enqueue = (news: () => Omit<NewCheckpoint, "number" | "at" | "cuts">): Promise<void> => {
    last = last.then(() => write(news()));
    return last;
  };
  const keepTail = (otherwise?: () => Omit<NewCheckpoint, "number" | "at" | "cuts">) => {
    last = last.then(async () => {
      const news = tail() ?? otherwise?.();
      if (news !== undefined) await write(news);
    });
    return last;
  };

  return {
    placed: (placed) => void waiting.push(placed),
    knowsUpload: () => isKnown,
    holdBack() {
      held = [];
    },
    async durable(uploadId, part) {
      if (held !== undefined) held.push({ uploadId, part });
      else await enqueue(() => ({ uploadId, parts: [part], ...settlePart(part.sizeBytes) }));
    },
    async end(end) {
      const rest = held ?? [];
      const [first] = rest;
      const parts = rest.map(({ part }) => part);
      const bytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
      const uploadId = first === undefined ? {} : { uploadId: first.uploadId };
      await enqueue(() => ({ ...uploadId, parts, ...settlePart(bytes), end }));
    },
    async keepAlive(stop) {
      const until = AbortSignal.any([stop, signal]);
      while (!until.aborted) {
        const silentMs = clock.monotonicMs() - writtenAtMs;
        try {
          if (silentMs >= signOfLifeMs) await keepTail(() => ({ parts: [], ...gathered([]) }));
          else {
            if (silentMs >= keepTailMs) await keepTail();
            const nowSilentMs = clock.monotonicMs() - writtenAtMs;
            const nextMs = nowSilentMs < keepTailMs ? keepTailMs : signOfLifeMs;
            await clock.sleep(nextMs - nowSilentMs, until);
          }
        } catch (error) {
          if (!until.aborted) throw error;
        }
      }
    },
  };
}

function gathered(settled: readonly Placed[]): {
  readonly members: ManifestMember[];
  readonly lists: ListPosition[];
  readonly indexText: Buffer;
  readonly versionIndexText: Buffer;
} {
  const lists = new Map<string, ListPosition>();
  for (const position of settled.flatMap((placed) => placed.positions)) {
    const id = listId(position);
    const wanted = [...(lists.get(id)?.wanted ?? []), ...(position.wanted ?? [])];
    lists.set(id, wanted.length === 0 ? position : { ...position, wanted });
  }
  return {
    members: settled.flatMap(({ member }) => (member === undefined ? [] : [member])),
    lists: [...lists.values()],
    indexText: Buffer.concat(settled.map((placed) => placed.indexText)),
    versionIndexText: Buffer.concat(settled.map((placed) => placed.versionIndexText)),
  };
}
