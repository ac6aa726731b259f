import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { ArkError } from "../../src/plugin-sdk/object-store.ts";
import type { Connection } from "./connect.ts";
import { type PlainRequest, signedGet } from "./sign-url.ts";

type Detail = string | { readonly missing: string };

interface Plain {
  readonly status: number;
  readonly text: string;
}

const text = "ark-ts probe of signed URLs";
const validSeconds = 300;

/**
 * Reads an object as the velero command downloads: a plain GET of a signed URL, without
 * credentials. `signed` says whether that works, `secret` whether it takes the signature.
 */
export async function probeSignedUrls(
  connection: Connection,
  signal: AbortSignal,
): Promise<{ readonly signed: () => Promise<Detail>; readonly secret: () => Promise<Detail> }> {
  const key = `${connection.options.prefix}metadata/ark-ts/probe/${connection.clock.uuid()}/signed`;
  const found: { signed?: Plain; bare?: Plain; error?: unknown } = {};
  try {
    await putObject(connection, key, signal);
    const request = await signedGet(connection, key, validSeconds, signal);
    found.signed = await plainGet(connection, request, signal);
    found.bare = await plainGet(connection, { ...request, query: {} }, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    found.error = thrown;
  } finally {
    await removeObject(connection, key, signal);
  }
  return {
    async signed() {
      if (connection.customerKey !== undefined)
        return { missing: "objects under a customer key cannot be read by URL alone" };
      if (found.signed === undefined) throw found.error;
      const { status, text: answer } = found.signed;
      if (status === 200 && answer === text) return "a plain GET of one returned the bytes";
      return { missing: `a plain GET of one was answered ${status}` };
    },
    async secret() {
      if (found.bare === undefined) throw found.error;
      if (found.bare.text !== text)
        return `a GET without credentials is answered ${found.bare.status}`;
      throw new ArkError(
        "ARK_STORE_FAILED",
        "anybody can read what lies here, without credentials",
      );
    },
  };
}

async function putObject(
  { client, options, call }: Connection,
  Key: string,
  signal: AbortSignal,
): Promise<void> {
  const checksum =
    options.checksum === "MD5" || options.checksum === "none"
      ? {}
      : { ChecksumAlgorithm: options.checksum };
  const body = Buffer.from(text);
  const common = { Bucket: options.bucket, Key, Body: body, ContentLength: body.length };
  const command = new PutObjectCommand({ ...common, ...checksum });
  await call("PutObject", Key, signal, (abort) => client.send(command, abort));
}

/** By the client's own connections: its CA and proxy count here too. */
async function plainGet(
  { client }: Connection,
  request: PlainRequest,
  signal: AbortSignal,
): Promise<Plain> {
  const { requestHandler } = client.config;
  const { response } = await requestHandler.handle(request as never, { abortSignal: signal });
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of response.body as AsyncIterable<Uint8Array>) {
    sizeBytes += piece.length;
    if (sizeBytes <= 64 * 1024) pieces.push(piece);
  }
  return { status: response.statusCode, text: Buffer.concat(pieces).toString() };
}

async function removeObject(
  { client, options, call }: Connection,
  Key: string,
  signal: AbortSignal,
): Promise<void> {
  const command = new DeleteObjectCommand({ Bucket: options.bucket, Key });
  await call("DeleteObject", Key, signal, (abort) => client.send(command, abort)).catch(
    () => undefined,
  );
}
