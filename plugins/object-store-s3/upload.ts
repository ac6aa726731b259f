import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import {
  ArkError,
  assertPartNumber,
  hasCode,
  orderReceipts,
  type PartReceipt,
  type Upload,
  type UploadOptions,
} from "../../src/plugin-sdk/object-store.ts";
import type { Connection } from "./connect.ts";
import {
  bodyChecksumParams,
  customerKeyParams,
  newObjectParams,
  uploadChecksumParams,
} from "./request-params.ts";

/** Limits of S3 itself. */
export const minPartBytes = 5 * 1024 * 1024;
export const maxParts = 10_000;

/**
 * User metadata by which a completed object tells which upload made it: after a lost answer to
 * Complete, HEAD decides by it.
 */
export const uploadMark = "ark-upload";

/** One upload; `mark` and S3's own id together are the id that callers keep. */
interface OpenUpload {
  readonly key: string;
  readonly Key: string;
  readonly mark: string;
  readonly UploadId: string;
}

export async function beginUpload(
  connection: Connection,
  key: string,
  { metadata, signal }: UploadOptions,
): Promise<Upload> {
  const { client, options } = connection;
  const Key = options.prefix + key;
  const mark = connection.clock.uuid();
  const command = new CreateMultipartUploadCommand({
    Bucket: options.bucket,
    Key,
    Metadata: { ...metadata, [uploadMark]: mark },
    ...newObjectParams(connection),
    ...uploadChecksumParams(connection),
  });
  const { UploadId } = await connection.call("CreateMultipartUpload", Key, signal, (abort) =>
    client.send(command, abort),
  );
  if (UploadId !== undefined) return createUpload(connection, { key, Key, mark, UploadId });
  throw new ArkError(
    "ARK_STORE_FAILED",
    `location ${connection.display} started an upload without an id`,
  );
}

export async function findUpload(
  connection: Connection,
  key: string,
  uploadId: string,
  signal: AbortSignal,
): Promise<Upload | undefined> {
  const [, mark, UploadId] = /^([0-9a-f-]{36})\.(.+)$/.exec(uploadId) ?? [];
  signal.throwIfAborted();
  if (mark === undefined || UploadId === undefined) return undefined;
  const open = { key, Key: connection.options.prefix + key, mark, UploadId };
  try {
    await assertUploadOpen(connection, open, signal);
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return undefined;
    throw thrown;
  }
  return createUpload(connection, open);
}

/** Errors: ARK_STORE_NOT_FOUND when the store has dropped the upload. */
async function assertUploadOpen(
  connection: Connection,
  { Key, UploadId }: OpenUpload,
  signal: AbortSignal,
): Promise<void> {
  const { client, options } = connection;
  const command = new ListPartsCommand({ Bucket: options.bucket, Key, UploadId, MaxParts: 1 });
  await connection.call("ListParts", Key, signal, (abort) => client.send(command, abort));
}

function createUpload(connection: Connection, open: OpenUpload): Upload {
  return {
    uploadId: `${open.mark}.${open.UploadId}`,
    putPart: (number, body, { signal }) => putPart(connection, open, { number, body, signal }),
    complete: (parts, { signal }) => completeUpload(connection, open, parts, signal),
    abort: ({ signal }) => abortUpload(connection, open, signal),
  };
}

interface NewPart {
  readonly number: number;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

async function putPart(
  connection: Connection,
  { key, Key, UploadId }: OpenUpload,
  { number, body, signal }: NewPart,
): Promise<PartReceipt> {
  assertPartNumber(key, number, maxParts);
  const { client, options } = connection;
  const command = new UploadPartCommand({
    Bucket: options.bucket,
    Key,
    UploadId,
    PartNumber: number,
    Body: body,
    ContentLength: body.length,
    ...customerKeyParams(connection),
    ...(await bodyChecksumParams(connection, body, signal)),
  });
  const answer = await connection.call("UploadPart", Key, signal, (abort) =>
    client.send(command, abort),
  );
  const sent = checksumFields.find((field) => answer[field] !== undefined);
  const checksum = sent === undefined ? "" : ` ${sent}=${answer[sent]}`;
  return { number, sizeBytes: body.length, tag: `${answer.ETag ?? ""}${checksum}` };
}

const checksumFields = [
  "ChecksumCRC32",
  "ChecksumCRC32C",
  "ChecksumSHA1",
  "ChecksumSHA256",
] as const;

/** What `complete` must repeat of a part: its ETag, and its checksum if it had one. */
function toCompletedPart({ number, tag }: PartReceipt): CompletedPart {
  const [ETag = "", checksum = ""] = tag.split(" ");
  const end = checksum.indexOf("=");
  const field = checksumFields.find((name) => name === checksum.slice(0, end));
  const value = checksum.slice(end + 1);
  return { PartNumber: number, ETag, ...(field === undefined ? {} : { [field]: value }) };
}

async function completeUpload(
  connection: Connection,
  open: OpenUpload,
  parts: readonly PartReceipt[],
  signal: AbortSignal,
): Promise<void> {
  const { client, options } = connection;
  const { key, Key, UploadId } = open;
  const receipts = orderReceipts(key, parts);
  const command = new CompleteMultipartUploadCommand({
    Bucket: options.bucket,
    Key,
    UploadId,
    MultipartUpload: { Parts: receipts.map(toCompletedPart) },
    ...customerKeyParams(connection),
  });
  try {
    await connection.call("CompleteMultipartUpload", Key, signal, (abort) =>
      client.send(command, abort),
    );
  } catch (thrown) {
    signal.throwIfAborted();
    const sizeBytes = receipts.reduce((sum, part) => sum + part.sizeBytes, 0);
    if (await isCompleted(connection, open, sizeBytes, signal)) return;
    // Ceph answers a lost upload with 500.
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) await assertUploadOpen(connection, open, signal);
    throw thrown;
  }
}

/** Whether the object under the key is this upload's, whole. False where it cannot be told. */
async function isCompleted(
  connection: Connection,
  { Key, mark }: OpenUpload,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { client, options } = connection;
  const command = new HeadObjectCommand({
    Bucket: options.bucket,
    Key,
    ...customerKeyParams(connection),
  });
  try {
    const found = await client.send(command, { abortSignal: signal });
    return found.Metadata?.[uploadMark] === mark && found.ContentLength === sizeBytes;
  } catch {
    return false;
  }
}

async function abortUpload(
  connection: Connection,
  { Key, UploadId }: OpenUpload,
  signal: AbortSignal,
): Promise<void> {
  const { client, options } = connection;
  const command = new AbortMultipartUploadCommand({ Bucket: options.bucket, Key, UploadId });
  try {
    await connection.call("AbortMultipartUpload", Key, signal, (abort) =>
      client.send(command, abort),
    );
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
  }
}
