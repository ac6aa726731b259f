import { createHash } from "node:crypto";
import {
  ArkError,
  assertRange,
  type GetOptions,
  hasCode,
  type KeptVersion,
  type ObjectInfo,
  type PutOptions,
  rangePastEnd,
  type StoredBody,
} from "../../src/plugin-sdk/object-store.ts";
import { blobOf, type Connection } from "./connect.ts";
import { isAnswer } from "./errors.ts";
import { uploadMark } from "./upload.ts";
import { fromBlobMetadata } from "./user-metadata.ts";

export async function putObject(
  connection: Connection,
  key: string,
  body: Uint8Array,
  { ifAbsent, signal }: PutOptions,
): Promise<void> {
  const whole = connection.options.prefix + key;
  await connection.call("PutBlob", whole, signal, (clients, abortSignal) =>
    blobOf(clients, whole).upload(body, body.length, {
      abortSignal,
      // Also compared with what arrives.
      blobHTTPHeaders: { blobContentMD5: createHash("md5").update(body).digest() },
      ...(ifAbsent === true ? { conditions: { ifNoneMatch: "*" } } : {}),
    }),
  );
}

export async function getObject(
  connection: Connection,
  key: string,
  { range, signal }: GetOptions,
): Promise<StoredBody> {
  if (range !== undefined) assertRange(key, range);
  const whole = connection.options.prefix + key;
  const answer = await connection
    .call("GetBlob", whole, signal, (clients, abortSignal) =>
      blobOf(clients, whole).download(range?.offset ?? 0, range?.length, {
        abortSignal,
        maxRetryRequests: 0,
      }),
    )
    .catch((thrown: unknown) => {
      const isPastEnd = isAnswer(thrown, "InvalidRange", "HTTP 416");
      throw range !== undefined && isPastEnd ? rangePastEnd(whole, range) : thrown;
    });
  const { readableStreamBody: stream, contentLength: sizeBytes } = answer;
  if (range !== undefined && !(sizeBytes !== undefined && sizeBytes > 0)) {
    throw rangePastEnd(whole, range);
  }
  if (stream === undefined || sizeBytes === undefined) {
    throw new ArkError(
      "ARK_STORE_UNSUPPORTED",
      `location ${connection.display} answered GetBlob ${whole} in a way that cannot be used`,
      { answer: stream === undefined ? "no body came" : "it does not tell the body's length" },
    );
  }
  const body = stream as AsyncIterable<Uint8Array> & { destroy(): void };
  return { sizeBytes, body: readBody({ connection, whole, body, sizeBytes }, signal) };
}

interface OpenBody {
  readonly connection: Connection;
  readonly whole: string;
  readonly body: AsyncIterable<Uint8Array> & { destroy(): void };
  readonly sizeBytes: number;
}

async function* readBody(open: OpenBody, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { connection, whole, body, sizeBytes } = open;
  let received = 0;
  try {
    for await (const chunk of body) {
      signal.throwIfAborted();
      received += chunk.length;
      yield chunk;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof ArkError) throw thrown;
    throw brokenOff(open, received, thrown);
  } finally {
    body.destroy();
  }
  signal.throwIfAborted();
  if (received !== sizeBytes) throw brokenOff({ connection, whole, body, sizeBytes }, received);
}

function brokenOff(
  { connection, whole, sizeBytes }: OpenBody,
  received: number,
  cause?: unknown,
): ArkError {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return new ArkError(
    "ARK_STORE_FAILED",
    `the body of ${whole} in ${connection.display} ended early`,
    { answer: `${received} of ${sizeBytes} bytes came${why}`, disposition: "retry", cause },
  );
}

export async function headObject(
  connection: Connection,
  key: string,
  signal: AbortSignal,
): Promise<ObjectInfo | undefined> {
  const whole = connection.options.prefix + key;
  try {
    const found = await connection.call(
      "GetBlobProperties",
      whole,
      signal,
      (clients, abortSignal) => blobOf(clients, whole).getProperties({ abortSignal }),
    );
    const { [uploadMark]: _, ...metadata } = fromBlobMetadata(found.metadata);
    const modifiedAt = found.lastModified ?? new Date(0);
    return { key, sizeBytes: found.contentLength ?? 0, modifiedAt, metadata };
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return undefined;
    throw thrown;
  }
}

const dayMs = 86_400_000;

export async function removeObject(
  connection: Connection,
  key: string,
  signal: AbortSignal,
): Promise<KeptVersion | undefined> {
  const whole = connection.options.prefix + key;
  try {
    const { _response } = await connection.call(
      "DeleteBlob",
      whole,
      signal,
      (clients, abortSignal) =>
        blobOf(clients, whole).delete({ abortSignal, deleteSnapshots: "include" }),
    );
    // Where soft delete is on, Azure says that it was not for good.
    if (_response.headers.get("x-ms-delete-type-permanent") !== "false") return undefined;
    const days = await softDeleteDays(connection, signal).catch(unlessAborted(signal));
    return days === undefined
      ? {}
      : { freedAbout: new Date(connection.clock.now().getTime() + days * dayMs) };
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return undefined;
    throw thrown;
  }
}

/** Who may not read the account's settings is told no time. */
function unlessAborted(signal: AbortSignal): () => undefined {
  return () => {
    signal.throwIfAborted();
    return undefined;
  };
}

/** How long the account keeps what was removed; undefined where soft delete is off. */
export async function softDeleteDays(
  connection: Connection,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { deleteRetentionPolicy } = await connection.call(
    "GetBlobServiceProperties",
    "",
    signal,
    ({ service }, abortSignal) => service.getProperties({ abortSignal }),
  );
  return deleteRetentionPolicy?.enabled === true ? deleteRetentionPolicy.days : undefined;
}
