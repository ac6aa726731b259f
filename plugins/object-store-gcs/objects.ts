import { createHash } from "node:crypto";
import {
  ArkError,
  assertRange,
  type ByteRange,
  type GetOptions,
  hasCode,
  type ObjectInfo,
  type PutOptions,
  rangePastEnd,
  type StoredBody,
} from "../../src/plugin-sdk/object-store.ts";
import type { OpenAnswer } from "../shared-google/client.ts";
import { type Connection, escaped, jsonUrl, uploadMark } from "./connect.ts";
import { hasStatus } from "./errors.ts";

/**
 * One request that holds name, checksum and bytes: the service refuses bytes that do not fit, and
 * a request that breaks off makes nothing.
 */
export async function putObject(
  connection: Connection,
  key: string,
  body: Uint8Array,
  { ifAbsent, signal }: PutOptions,
): Promise<void> {
  const { endpoint, bucket, prefix, kmsKeyName } = connection.options;
  const name = prefix + key;
  const contentType = "application/octet-stream";
  const md5Hash = createHash("md5").update(body).digest("base64");
  const boundary = `ark-${connection.clock.uuid()}`;
  await connection.call("InsertObject", name, {
    method: "POST",
    url: `${endpoint}/upload/storage/v1/b/${escaped(bucket)}/o`,
    query: {
      uploadType: "multipart",
      ifGenerationMatch: ifAbsent === true ? "0" : undefined,
      kmsKeyName,
      fields: "name,generation",
    },
    headers: { "content-type": `multipart/related; boundary=${boundary}` },
    body: Buffer.concat([
      Buffer.from(
        `--${boundary}\r\ncontent-type: application/json; charset=utf-8\r\n\r\n${JSON.stringify({ name, md5Hash, contentType })}\r\n`,
      ),
      Buffer.from(`--${boundary}\r\ncontent-type: ${contentType}\r\n\r\n`),
      body,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
    signal,
  });
}

export async function getObject(
  connection: Connection,
  key: string,
  { range, signal }: GetOptions,
): Promise<StoredBody> {
  if (range !== undefined) assertRange(key, range);
  const name = connection.options.prefix + key;
  const request = {
    method: "GET",
    url: jsonUrl(connection, name),
    query: { alt: "media" },
    headers: range === undefined ? {} : { range: rangeHeader(range) },
    signal,
  } as const;
  const answer = await connection.open("GetObject", name, request).catch((thrown: unknown) => {
    throw range !== undefined && hasStatus(thrown, 416) ? rangePastEnd(name, range) : thrown;
  });
  const sizeBytes = lengthOf(answer);
  const fault = answerFault(answer, sizeBytes, range);
  if (sizeBytes === undefined || fault !== undefined) {
    answer.body.destroy();
    throw new ArkError(
      "ARK_STORE_UNSUPPORTED",
      `location ${connection.display} answered GetObject ${name} in a way that cannot be used`,
      { answer: fault ?? "no length came" },
    );
  }
  return { sizeBytes, body: readBody(connection, name, { answer, sizeBytes }, signal) };
}

function rangeHeader({ offset, length }: ByteRange): string {
  return `bytes=${offset}-${offset + length - 1}`;
}

function lengthOf({ headers }: OpenAnswer): number | undefined {
  const text = headers["content-length"];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function answerFault(
  { status, headers }: OpenAnswer,
  sizeBytes: number | undefined,
  range: ByteRange | undefined,
): string | undefined {
  if (headers["content-encoding"] !== undefined) return "the body is encoded";
  if (sizeBytes === undefined) return "it does not tell the length of the body";
  if (range === undefined) return undefined;
  if (status !== 206) return "a range was asked, and the whole object came";
  return sizeBytes > range.length ? `${sizeBytes} bytes came for ${range.length}` : undefined;
}

interface OpenBody {
  readonly answer: OpenAnswer;
  readonly sizeBytes: number;
}

async function* readBody(
  connection: Connection,
  name: string,
  { answer, sizeBytes }: OpenBody,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { body } = answer;
  let received = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      signal.throwIfAborted();
      received += chunk.length;
      yield chunk;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw await connection.translate("GetObject", name, thrown);
  } finally {
    body.destroy();
  }
  if (received === sizeBytes) return;
  throw new ArkError(
    "ARK_STORE_FAILED",
    `the body of ${name} in ${connection.display} ended early`,
    { answer: `${received} of ${sizeBytes} bytes came`, disposition: "retry" },
  );
}

/** With the mark of the upload that made it. */
export interface FoundObject extends ObjectInfo {
  readonly mark: string | undefined;
}

export async function headObject(
  connection: Connection,
  key: string,
  signal: AbortSignal,
): Promise<FoundObject | undefined> {
  const name = connection.options.prefix + key;
  try {
    const { json } = await connection.call("GetObject", name, {
      method: "GET",
      url: jsonUrl(connection, name),
      query: { fields: "name,size,updated,metadata" },
      signal,
    });
    const { [uploadMark]: mark, ...metadata } = textsOf(json["metadata"]);
    const modifiedAt = new Date(Date.parse(String(json["updated"])) || 0);
    return { key, sizeBytes: Number(json["size"] ?? 0), modifiedAt, metadata, mark };
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return undefined;
    throw thrown;
  }
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null) return {};
  const entries = Object.entries(value).filter((entry) => typeof entry[1] === "string");
  return Object.fromEntries(entries) as Record<string, string>;
}
