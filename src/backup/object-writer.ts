import { createHash } from "node:crypto";
import type { StoredPart } from "../format/checkpoint.ts";
import { ArkError } from "../lib/errors.ts";
import { createSemaphore } from "../lib/semaphore.ts";
import type { ObjectStore, PartReceipt, Upload } from "../ports/object-store.ts";
import { fixedPartSize, paddingBefore } from "./equal-parts.ts";
import { createPartBuffer } from "./part-buffer.ts";

/** What was sent to the store, as it was hashed on the way there. */
export interface WrittenObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** They cover the object without gaps. */
  readonly parts: readonly WrittenPart[];
}

export interface WrittenPart {
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** Writes one object of unknown size with bounded memory. Not for concurrent callers. */
export interface ObjectWriter {
  readonly sizeBytes: number;
  /** A copy of what no part has, from an offset; undefined while a part is on its way. */
  unsent(offset: number, sizeBytes: number): Buffer | undefined;
  /**
   * Bytes of filler to append before `nextBytes` more: 0, unless the store wants parts of one
   * size and these would cross the border of a part.
   */
  paddingBefore(nextBytes: number): number;
  /** Copies `bytes`. Waits while the store lags behind. Parts end where an append ends. */
  append(bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** The object is visible when this returns. */
  finish(signal: AbortSignal): Promise<WrittenObject>;
  /** Frees what was uploaded; idempotent, safe after a failure. */
  abort(signal: AbortSignal): Promise<void>;
}

export interface ObjectWriterOptions {
  readonly key: string;
  /** Readable by `head` once the upload is complete. */
  readonly metadata: Readonly<Record<string, string>>;
  /** First size of a part, where it is larger than the store's least. Default 8 MiB. */
  readonly partBytes?: number;
  /**
   * An upload of an earlier process, and what it had acknowledged: parts 1, 2, … without a gap; and
   * what is to come after them, of which its checkpoints have the bytes.
   */
  readonly resume?: {
    readonly upload: Upload | undefined;
    readonly parts: readonly StoredPart[];
    readonly tail: Uint8Array;
  };
  /**
   * Told parts in order, without gaps, each once, as the store acknowledges them; the next call
   * waits for the last one. A failure of it is a failure of the writer.
   */
  readonly onDurable?: (uploadId: string, part: StoredPart) => Promise<void>;
  /** Called when all parts are acknowledged and told, before the upload is completed. */
  readonly beforeComplete?: () => Promise<void>;
}

/** First size of a part: above the 5 MiB that S3 demands, small beside the memory budget. */
const firstPartBytes = 8 * 1024 * 1024;
/** Parts double in size each time this many were sent, so 10,000 of them exceed the 5 TiB that an S3 object may have. */
const partsPerSize = 1000;
/** Two in flight hide the store's latency; more only cost memory. */
const partsInFlight = 2;

export function partTargetBytes(
  partsSent: number,
  minPartBytes: number,
  firstBytes = firstPartBytes,
): number {
  return Math.max(firstBytes, minPartBytes) * 2 ** Math.floor(partsSent / partsPerSize);
}

/** What a store without uploads in parts is given at once; it is held in memory until then. */
export const maxWholePutBytes = 256 * 1024 * 1024;

/**
 * An object smaller than one part is a single put. Errors: ARK_STORE_UNSUPPORTED when it grows
 * beyond {@link maxWholePutBytes} and the store takes no parts; those of the store.
 */
export function createObjectWriter(store: ObjectStore, options: ObjectWriterOptions): ObjectWriter {
  const { key, metadata, resume, partBytes = firstPartBytes } = options;
  const before = resume?.parts ?? [];
  const room = createSemaphore(partsInFlight);
  const parts: WrittenPart[] = [...before];
  const receipts: Promise<PartReceipt>[] = before.map((part) => Promise.resolve(part));
  let upload = resume?.upload;
  let sentBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  let sizeBytes = sentBytes + (resume?.tail.length ?? 0);
  let partsUnderWay = 0;
  let durable: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
  };
  const { multipart, minPartBytes } = store.capabilities;
  const sameSize = fixedPartSize(store.capabilities, before[0]?.sizeBytes, partBytes);
  const targetBytes = (): number =>
    sameSize ?? partTargetBytes(parts.length, minPartBytes, partBytes);
  const pending = createPartBuffer(targetBytes());
  if (resume !== undefined) pending.add(resume.tail);
  const isFull = (): boolean => pending.sizeBytes >= targetBytes();

  const flush = async (signal: AbortSignal): Promise<void> => {
    partsUnderWay += 1;
    upload ??= await store.startUpload(key, { metadata, signal });
    const leave = await room.enter(signal);
    const body = pending.take();
    sentBytes += body.length;
    const { uploadId } = upload;
    const part = { sizeBytes: body.length, sha256: sha256Hex(body) };
    parts.push(part);
    const receipt = upload.putPart(parts.length, body, { signal });
    receipt.catch(fail);
    receipts.push(receipt);
    // A part has its room until it was told: what is told of it is held in memory as well.
    durable = durable
      .then(async () => {
        await options.onDurable?.(uploadId, { ...part, ...(await receipt) });
        await receipt;
        // After a failure somebody may still be reading it.
        pending.giveBack(body);
        partsUnderWay -= 1;
      })
      .finally(leave);
    durable.catch(fail);
  };

  return {
    get sizeBytes() {
      return sizeBytes;
    },
    unsent: (offset, wantedBytes) =>
      partsUnderWay > 0 ? undefined : pending.copy(offset - sentBytes, wantedBytes),
    paddingBefore: (nextBytes) =>
      sameSize === undefined ? 0 : paddingBefore(pending.sizeBytes, nextBytes, sameSize),
    async append(bytes, signal) {
      if (failure !== undefined) throw failure.error;
      sizeBytes += bytes.length;
      for (let rest = bytes; rest.length > 0; ) {
        const piece =
          sameSize === undefined ? rest : rest.subarray(0, sameSize - pending.sizeBytes);
        pending.add(piece);
        rest = rest.subarray(piece.length);
        if (multipart && isFull()) await flush(signal);
      }
      if (!multipart && sizeBytes > maxWholePutBytes) throw tooLargeForOnePut(key, store);
    },
    async finish(signal) {
      if (upload === undefined) {
        const body = pending.take();
        await store.put(key, body, { signal });
        parts.push({ sizeBytes: body.length, sha256: sha256Hex(body) });
      } else {
        if (pending.sizeBytes > 0) await flush(signal);
        const acknowledged = await Promise.all(receipts);
        await durable;
        await options.beforeComplete?.();
        await upload.complete(acknowledged, { signal });
      }
      return { key, sizeBytes, parts };
    },
    async abort(signal) {
      await Promise.allSettled([...receipts, durable]);
      await upload?.abort({ signal });
    },
  };
}

/** An object that an earlier process has completed: there is nothing left to write. */
export function uploadedObject(key: string, parts: readonly WrittenPart[]): ObjectWriter {
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  return {
    sizeBytes,
    unsent: () => undefined,
    paddingBefore: () => 0,
    append: async () => {
      throw new ArkError("ARK_UNEXPECTED", `${key} is complete and takes no more bytes`);
    },
    finish: async () => ({ key, sizeBytes, parts }),
    abort: async () => undefined,
  };
}

function tooLargeForOnePut(key: string, store: ObjectStore): ArkError {
  const mebibytes = maxWholePutBytes / 1024 / 1024;
  return new ArkError(
    "ARK_STORE_UNSUPPORTED",
    `${key} has grown beyond ${mebibytes} MiB, and ${store.display} takes no uploads in parts`,
    {
      advice:
        "take several backups of fewer namespaces each, or use a store with multipart uploads",
    },
  );
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
