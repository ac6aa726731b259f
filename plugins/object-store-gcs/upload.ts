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
import type { ReadAnswer } from "../shared-google/client.ts";
import { type Connection, escaped, uploadMark, xmlPath } from "./connect.ts";
import { headObject } from "./objects.ts";

/** Limits of the XML API's multipart uploads. */
export const minPartBytes = 5 * 1024 * 1024;
export const maxParts = 10_000;

/** One upload; `mark` and the store's own id together are the id that callers keep. */
interface OpenUpload {
  readonly key: string;
  readonly name: string;
  readonly mark: string;
  readonly uploadId: string;
}

export async function beginUpload(
  connection: Connection,
  key: string,
  { metadata, signal }: UploadOptions,
): Promise<Upload> {
  const { prefix, kmsKeyName } = connection.options;
  const name = prefix + key;
  const mark = connection.clock.uuid();
  const marked = Object.entries({ ...metadata, [uploadMark]: mark });
  const { text } = await connection.call("StartUpload", name, {
    method: "POST",
    url: `${objectUrl(connection, name)}?uploads`,
    headers: {
      "content-type": "application/octet-stream",
      ...Object.fromEntries(marked.map(([field, value]) => [`x-goog-meta-${field}`, value])),
      ...(kmsKeyName === undefined ? {} : { "x-goog-encryption-kms-key-name": kmsKeyName }),
    },
    signal,
  });
  const [, uploadId] = /<UploadId>([^<]+)<\/UploadId>/.exec(text) ?? [];
  if (uploadId !== undefined) return createUpload(connection, { key, name, mark, uploadId });
  throw new ArkError(
    "ARK_STORE_FAILED",
    `location ${connection.display} started an upload without an id`,
  );
}

function objectUrl(connection: Connection, name: string): string {
  return `${connection.options.endpoint}${xmlPath(connection, name)}`;
}

function uploadUrl(connection: Connection, { name, uploadId }: OpenUpload): string {
  return `${objectUrl(connection, name)}?uploadId=${escaped(uploadId)}`;
}

export async function findUpload(
  connection: Connection,
  key: string,
  id: string,
  signal: AbortSignal,
): Promise<Upload | undefined> {
  const [, mark, uploadId] = /^([0-9a-f-]{36})\.(.+)$/.exec(id) ?? [];
  signal.throwIfAborted();
  if (mark === undefined || uploadId === undefined) return undefined;
  const open = { key, name: connection.options.prefix + key, mark, uploadId };
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
  open: OpenUpload,
  signal: AbortSignal,
): Promise<void> {
  const url = `${uploadUrl(connection, open)}&max-parts=1`;
  await connection.call("ListParts", open.name, { method: "GET", url, signal });
}

function createUpload(connection: Connection, open: OpenUpload): Upload {
  return {
    uploadId: `${open.mark}.${open.uploadId}`,
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
  open: OpenUpload,
  { number, body, signal }: NewPart,
): Promise<PartReceipt> {
  assertPartNumber(open.key, number, maxParts);
  const answer = await connection.call("UploadPart", open.name, {
    method: "PUT",
    url: `${uploadUrl(connection, open)}&partNumber=${number}`,
    headers: { "content-md5": createHash("md5").update(body).digest("base64") },
    body,
    signal,
  });
  const { etag } = answer.headers;
  if (etag !== undefined) return { number, sizeBytes: body.length, tag: etag };
  throw new ArkError(
    "ARK_STORE_FAILED",
    `location ${connection.display} took a part of ${open.name} without an ETag`,
  );
}

async function completeUpload(
  connection: Connection,
  open: OpenUpload,
  parts: readonly PartReceipt[],
  signal: AbortSignal,
): Promise<void> {
  const receipts = orderReceipts(open.key, parts);
  try {
    const answer = await connection.call("CompleteUpload", open.name, {
      method: "POST",
      url: uploadUrl(connection, open),
      headers: { "content-type": "application/xml" },
      body: Buffer.from(completionText(receipts)),
      signal,
    });
    assertCompleted(connection, open, answer);
  } catch (thrown) {
    signal.throwIfAborted();
    const sizeBytes = receipts.reduce((sum, part) => sum + part.sizeBytes, 0);
    if (await isCompleted(connection, open, sizeBytes, signal)) return;
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) await assertUploadOpen(connection, open, signal);
    throw thrown;
  }
}

function completionText(receipts: readonly PartReceipt[]): string {
  const parts = receipts.map(
    ({ number, tag }) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>${xmlText(tag)}</ETag></Part>`,
  );
  return `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
}

function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Services of this shape may begin an answer with 200 and end it with an error. */
function assertCompleted({ display }: Connection, { name }: OpenUpload, answer: ReadAnswer): void {
  if (answer.text.includes("<CompleteMultipartUploadResult")) return;
  throw new ArkError("ARK_STORE_FAILED", `cannot write to location ${display}`, {
    tried: `CompleteUpload ${name}`,
    answer: `${answer.status} with a body that is no result: ${answer.text.slice(0, 200)}`,
    disposition: "retry",
  });
}

/** Whether the object under the key is this upload's, whole. False where it cannot be told. */
async function isCompleted(
  connection: Connection,
  { key, mark }: OpenUpload,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const found = await headObject(connection, key, signal);
    return found?.mark === mark && found.sizeBytes === sizeBytes;
  } catch {
    return false;
  }
}

async function abortUpload(
  connection: Connection,
  open: OpenUpload,
  signal: AbortSignal,
): Promise<void> {
  const url = uploadUrl(connection, open);
  try {
    await connection.call("AbortUpload", open.name, { method: "DELETE", url, signal });
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
  }
}
