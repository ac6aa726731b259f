import { createHash } from "node:crypto";
import {
  ArkError,
  assertPartNumber,
  hasCode,
  orderReceipts,
  type PartReceipt,
  type Upload,
  type UploadOptions,
} from "../../src/plugin-sdk/object-store.ts";
import { decodeBlockId, encodeBlockId, endNumber, noMd5, startNumber } from "./block-ids.ts";
import { blobOf, type Connection } from "./connect.ts";
import { isAnswer } from "./errors.ts";
import { fromBlobMetadata, toBlobMetadata } from "./user-metadata.ts";

/** Limit of Azure itself. */
export const maxParts = 50_000;

/** User metadata by which a completed object tells which upload made it. */
export const uploadMark = "ark-upload";

/** One upload; `mark` and the metadata together are the id that callers keep. */
interface OpenUpload {
  readonly key: string;
  /** Prefix included. */
  readonly whole: string;
  readonly mark: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The staged blocks are the upload; a first one of a byte makes it known before its first part.
 * Azure keeps no metadata with them: it travels in the upload's id.
 */
export async function beginUpload(
  connection: Connection,
  key: string,
  { metadata, signal }: UploadOptions,
): Promise<Upload> {
  const whole = connection.options.prefix + key;
  const open = { key, whole, mark: connection.clock.uuid(), metadata };
  await stage(connection, open, { number: startNumber, body: sign, signal });
  return createUpload(connection, open);
}

/** The body of blocks that only their name counts of: Azure takes no empty ones. */
const sign = Buffer.from("-");

export async function findUpload(
  connection: Connection,
  key: string,
  uploadId: string,
  signal: AbortSignal,
): Promise<Upload | undefined> {
  signal.throwIfAborted();
  const [, mark, text = ""] = /^([0-9a-f-]{36})\.([\w-]*)$/.exec(uploadId) ?? [];
  const metadata = decodeMetadata(text);
  if (mark === undefined || metadata === undefined) return undefined;
  const open = { key, whole: connection.options.prefix + key, mark, metadata };
  return (await isOpen(connection, open, signal)) ? createUpload(connection, open) : undefined;
}

const encodeMetadata = (metadata: Readonly<Record<string, string>>): string =>
  Buffer.from(JSON.stringify(metadata)).toString("base64url");

function decodeMetadata(text: string): Readonly<Record<string, string>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    if (typeof value !== "object" || value === null) return undefined;
    const isText = Object.values(value).every((one) => typeof one === "string");
    return isText ? (value as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether blocks of the upload are still there, and nobody gave it up. */
async function isOpen(
  connection: Connection,
  { whole, mark }: OpenUpload,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { uncommittedBlocks = [] } = await connection.call(
      "GetBlockList",
      whole,
      signal,
      (clients, abortSignal) => blobOf(clients, whole).getBlockList("uncommitted", { abortSignal }),
    );
    const numbers = uncommittedBlocks
      .map(({ name }) => decodeBlockId(name))
      .flatMap((id) => (id?.mark === mark ? [id.number] : []));
    return numbers.includes(startNumber) && !numbers.includes(endNumber);
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return false;
    throw thrown;
  }
}

function createUpload(connection: Connection, open: OpenUpload): Upload {
  let isGivenUp = false;
  const assertOpen = (signal: AbortSignal) => {
    signal.throwIfAborted();
    if (isGivenUp) throw gone(connection, open);
  };
  return {
    uploadId: `${open.mark}.${encodeMetadata(open.metadata)}`,
    async putPart(number, body, { signal }) {
      assertPartNumber(open.key, number, maxParts);
      assertOpen(signal);
      return await stage(connection, open, { number, body, signal });
    },
    async complete(parts, { signal }) {
      const receipts = orderReceipts(open.key, parts);
      assertOpen(signal);
      await completeUpload(connection, open, receipts, signal);
    },
    async abort({ signal }) {
      signal.throwIfAborted();
      isGivenUp ||= await abortUpload(connection, open, signal);
    },
  };
}

interface NewBlock {
  readonly number: number;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

async function stage(
  connection: Connection,
  { whole, mark }: OpenUpload,
  { number, body, signal }: NewBlock,
): Promise<PartReceipt> {
  const digest = createHash("md5").update(body).digest();
  const isPart = number !== startNumber && number !== endNumber;
  const tag = isPart ? digest.toString("hex") : noMd5;
  const id = encodeBlockId({ mark, number, md5: tag });
  await connection.call("PutBlock", whole, signal, (clients, abortSignal) =>
    blobOf(clients, whole).stageBlock(id, body, body.length, {
      abortSignal,
      transactionalContentMD5: digest,
    }),
  );
  return { number, sizeBytes: body.length, tag };
}

async function completeUpload(
  connection: Connection,
  open: OpenUpload,
  receipts: readonly PartReceipt[],
  signal: AbortSignal,
): Promise<void> {
  const { whole, mark, metadata } = open;
  if (!(await isOpen(connection, open, signal))) {
    if (await isCompleted(connection, open, receipts, signal)) return;
    throw gone(connection, open);
  }
  const ids = receipts.map(({ number, tag }) => encodeBlockId({ mark, number, md5: tag }));
  try {
    await connection.call("PutBlockList", whole, signal, (clients, abortSignal) =>
      blobOf(clients, whole).commitBlockList(ids, {
        abortSignal,
        metadata: toBlobMetadata({ ...metadata, [uploadMark]: mark }),
      }),
    );
  } catch (thrown) {
    signal.throwIfAborted();
    if (await isCompleted(connection, open, receipts, signal)) return;
    throw isAnswer(thrown, "InvalidBlockList") ? gone(connection, open, thrown) : thrown;
  }
}

/** Whether the object under the key is this upload's, whole. False where it cannot be told. */
async function isCompleted(
  connection: Connection,
  { whole, mark }: OpenUpload,
  receipts: readonly PartReceipt[],
  signal: AbortSignal,
): Promise<boolean> {
  const sizeBytes = receipts.reduce((sum, part) => sum + part.sizeBytes, 0);
  try {
    const found = await connection.call(
      "GetBlobProperties",
      whole,
      signal,
      (clients, abortSignal) => blobOf(clients, whole).getProperties({ abortSignal }),
    );
    const isOurs = fromBlobMetadata(found.metadata)[uploadMark] === mark;
    return isOurs && found.contentLength === sizeBytes;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/**
 * Leaves a block that says so. Azure drops the blocks a week after the last of them, or with the
 * next object of the name; to drop them now, an object would have to be seen there for a moment.
 * Answers whether the upload was open until now.
 */
async function abortUpload(
  connection: Connection,
  open: OpenUpload,
  signal: AbortSignal,
): Promise<boolean> {
  if (!(await isOpen(connection, open, signal))) return false;
  await stage(connection, open, { number: endNumber, body: sign, signal });
  return true;
}

function gone({ display }: Connection, { key }: OpenUpload, cause?: unknown): ArkError {
  return new ArkError(
    "ARK_STORE_NOT_FOUND",
    `there is no open upload of ${JSON.stringify(key)} in ${display}`,
    {
      answer:
        "its parts are gone: it was given up, another object of the name was written, or a week has passed",
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
