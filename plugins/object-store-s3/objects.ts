import type { IncomingMessage } from "node:http";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import {
  ArkError,
  assertRange,
  type ByteRange,
  type GetOptions,
  hasCode,
  type KeptVersion,
  type ObjectInfo,
  type PutOptions,
  rangePastEnd,
  type StoredBody,
} from "../../src/plugin-sdk/object-store.ts";
import type { Connection } from "./connect.ts";
import { isAnswer, isBareRefusal } from "./errors.ts";
import { bodyChecksumParams, customerKeyParams, newObjectParams } from "./request-params.ts";
import { uploadMark } from "./upload.ts";

/** AWS answers 409 when two create-only puts of one key meet; one of them must ask again. */
const conflictAttempts = 8;
const conflictPauseMs = 100;

export async function putObject(
  connection: Connection,
  key: string,
  body: Uint8Array,
  options: PutOptions,
): Promise<void> {
  if (options.ifAbsent === true && !connection.options.conditionalPut) {
    throw new ArkError(
      "ARK_STORE_UNSUPPORTED",
      `location ${connection.display} has no create-only put: its config says conditionalPut=false`,
    );
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await putOnce(connection, key, body, options);
    } catch (thrown) {
      const conflict = isConflict(thrown) && options.ifAbsent === true;
      if (!conflict || attempt === conflictAttempts) throw thrown;
      const pauseMs = conflictPauseMs * attempt * (0.5 + connection.clock.random());
      await connection.clock.sleep(pauseMs, options.signal);
    }
  }
}

function isConflict(thrown: unknown): boolean {
  return (
    thrown instanceof ArkError && isAnswer(thrown.cause, "ConditionalRequestConflict", "HTTP 409")
  );
}

async function putOnce(
  connection: Connection,
  key: string,
  body: Uint8Array,
  { ifAbsent, signal }: PutOptions,
): Promise<void> {
  const { client, options } = connection;
  const Key = options.prefix + key;
  const command = new PutObjectCommand({
    Bucket: options.bucket,
    Key,
    Body: body,
    ContentLength: body.length,
    ...newObjectParams(connection),
    ...(await bodyChecksumParams(connection, body, signal)),
    ...(ifAbsent === true ? { IfNoneMatch: "*" } : {}),
  });
  await connection.call("PutObject", Key, signal, (abort) => client.send(command, abort));
}

export async function getObject(
  connection: Connection,
  key: string,
  { range, signal }: GetOptions,
): Promise<StoredBody> {
  if (range !== undefined) assertRange(key, range);
  const { client, options } = connection;
  const Key = options.prefix + key;
  const command = new GetObjectCommand({
    Bucket: options.bucket,
    Key,
    ...customerKeyParams(connection),
    ...(range === undefined ? {} : { Range: rangeHeader(range) }),
  });
  const answer = await connection
    .call("GetObject", Key, signal, (abort) => client.send(command, abort))
    .catch((thrown: unknown) => {
      throw range !== undefined && isPastEnd(thrown) ? rangePastEnd(Key, range) : thrown;
    });
  const stream = answer.Body as IncomingMessage | undefined;
  const sizeBytes = answer.ContentLength;
  const fault = answerFault(sizeBytes, range, answer.ContentRange);
  if (stream === undefined || sizeBytes === undefined || fault !== undefined) {
    stream?.destroy();
    throw new ArkError(
      "ARK_STORE_UNSUPPORTED",
      `location ${connection.display} answered GetObject ${Key} in a way that cannot be used`,
      { answer: fault ?? "no body came" },
    );
  }
  return { sizeBytes, body: readBody({ connection, Key, stream, sizeBytes }, signal) };
}

function rangeHeader({ offset, length }: ByteRange): string {
  return `bytes=${offset}-${offset + length - 1}`;
}

function isPastEnd(thrown: unknown): boolean {
  return thrown instanceof ArkError && isAnswer(thrown.cause, "InvalidRange", "HTTP 416");
}

function answerFault(
  sizeBytes: number | undefined,
  range: ByteRange | undefined,
  contentRange: string | undefined,
): string | undefined {
  if (sizeBytes === undefined) return "it does not tell the length of the body";
  if (range === undefined) return undefined;
  if (contentRange === undefined) return "a range was asked, and the whole object came";
  return sizeBytes > range.length ? `${sizeBytes} bytes came for ${range.length}` : undefined;
}

interface OpenBody {
  readonly connection: Connection;
  readonly Key: string;
  readonly stream: IncomingMessage;
  readonly sizeBytes: number;
}

async function* readBody(open: OpenBody, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { connection, Key, stream, sizeBytes } = open;
  let received = 0;
  const { socket } = stream;
  // The client's own limit ends with the head of the answer.
  const giveUp = () => stream.destroy(stalled(connection.bodySilenceMs));
  socket.setTimeout(connection.bodySilenceMs, giveUp);
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      signal.throwIfAborted();
      received += chunk.length;
      yield chunk;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw await connection.translate("GetObject", Key, thrown);
  } finally {
    socket.removeListener("timeout", giveUp);
    stream.destroy();
  }
  if (received === sizeBytes) return;
  throw new ArkError(
    "ARK_STORE_FAILED",
    `the body of ${Key} in ${connection.display} ended early`,
    {
      answer: `${received} of ${sizeBytes} bytes came`,
      disposition: "retry",
    },
  );
}

function stalled(silenceMs: number): Error {
  const error = new Error(`no byte of the body came for ${silenceMs / 1_000} s`);
  return Object.assign(error, { code: "ETIMEDOUT" });
}

export async function headObject(
  connection: Connection,
  key: string,
  signal: AbortSignal,
): Promise<ObjectInfo | undefined> {
  const found = await headOnce(connection, connection.options.prefix + key, signal);
  if (found === undefined) return undefined;
  const { [uploadMark]: _, ...metadata } = found.Metadata ?? {};
  const modifiedAt = found.LastModified ?? new Date(0);
  return { key, sizeBytes: found.ContentLength ?? 0, modifiedAt, metadata };
}

async function headOnce(
  connection: Connection,
  Key: string,
  signal: AbortSignal,
): Promise<HeadObjectCommandOutput | undefined> {
  const { client, options } = connection;
  const encryption = customerKeyParams(connection);
  const command = new HeadObjectCommand({ Bucket: options.bucket, Key, ...encryption });
  try {
    return await connection.call("HeadObject", Key, signal, (abort) => client.send(command, abort));
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return undefined;
    if (isBareRefusal(thrown)) await readFirstByte(connection, Key, signal);
    throw thrown;
  }
}

/** The answer to HEAD has no body and so no name; what GET is refused with has. */
async function readFirstByte(
  connection: Connection,
  Key: string,
  signal: AbortSignal,
): Promise<void> {
  const { client, options } = connection;
  const range = { Range: rangeHeader({ offset: 0, length: 1 }) };
  const encryption = customerKeyParams(connection);
  const command = new GetObjectCommand({ Bucket: options.bucket, Key, ...range, ...encryption });
  const { Body } = await connection.call("GetObject", Key, signal, (abort) =>
    client.send(command, abort),
  );
  (Body as IncomingMessage | undefined)?.destroy();
}

const dayMs = 86_400_000;

export async function removeObject(
  connection: Connection,
  key: string,
  signal: AbortSignal,
): Promise<KeptVersion | undefined> {
  const { client, options } = connection;
  const Key = options.prefix + key;
  const until = await retainedUntil(connection, Key, signal);
  if (until === "missing") return undefined;
  const command = new DeleteObjectCommand({ Bucket: options.bucket, Key });
  try {
    const { DeleteMarker } = await connection.call("DeleteObject", Key, signal, (abort) =>
      client.send(command, abort),
    );
    if (DeleteMarker !== true) return undefined;
    const now = connection.clock.now();
    if (until !== undefined && until > now) return { until };
    const days = await connection.oldVersionDays(signal);
    return days === undefined ? {} : { freedAbout: new Date(now.getTime() + days * dayMs) };
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return undefined;
    throw thrown;
  }
}

/** Of the version that a removal would hide; only asked where the bucket has object lock. */
async function retainedUntil(
  connection: Connection,
  Key: string,
  signal: AbortSignal,
): Promise<Date | "missing" | undefined> {
  const lock = await connection.lock(signal);
  if (lock === undefined) return undefined;
  const found = await headOnce(connection, Key, signal);
  if (found === undefined) return "missing";
  if (found.ObjectLockRetainUntilDate !== undefined) return found.ObjectLockRetainUntilDate;
  // Who may not read an object's retention is not told; the bucket's own began with the object.
  if (lock.retention === undefined || found.LastModified === undefined) return undefined;
  return new Date(found.LastModified.getTime() + lock.retention.ms);
}
