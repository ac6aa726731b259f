import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { ArkError } from "../../src/plugin-sdk/object-store.ts";
import type { Connection } from "./connect.ts";

type Detail = string | { readonly missing: string };

/** An HTTP request as the SDK's signer and connection take it. */
interface PlainRequest {
  protocol: string;
  hostname: string;
  port?: number;
  query: Record<string, unknown>;
  headers: Record<string, string>;
  clone?: () => PlainRequest;
}

interface Presigner {
  presign(request: PlainRequest, options: { readonly expiresIn: number }): Promise<PlainRequest>;
}

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
    const request = await signedGet(connection, key, signal);
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

/** The SDK builds and signs the request, and does not send it. */
async function signedGet(
  { client, options, call }: Connection,
  Key: string,
  signal: AbortSignal,
): Promise<PlainRequest> {
  const command = new GetObjectCommand({ Bucket: options.bucket, Key });
  let signed: PlainRequest | undefined;
  command.middlewareStack.add(
    (_next, context) => async (args) => {
      const request = toPublic(args.request as PlainRequest, options);
      const [scheme] = (context as { authSchemes?: readonly unknown[] }).authSchemes ?? [];
      const signer = (await client.config.signer(scheme as never)) as unknown as Presigner;
      signed = await signer.presign(request, { expiresIn: validSeconds });
      return { response: {}, output: { $metadata: {} } };
    },
    { step: "build", priority: "low", name: "arkPresign", override: true },
  );
  await call("GetObject", Key, signal, (abort) => client.send(command, abort));
  if (signed === undefined) throw new ArkError("ARK_STORE_FAILED", "no URL could be signed");
  return signed;
}

/** Where clients reach the store; only what a plain GET sends may be signed. */
function toPublic(
  request: PlainRequest,
  { bucket, publicEndpoint }: Connection["options"],
): PlainRequest {
  if (publicEndpoint !== undefined) {
    const { protocol, hostname, port } = new URL(publicEndpoint);
    const isInHost = request.hostname.startsWith(`${bucket}.`);
    request.protocol = protocol;
    request.hostname = isInHost ? `${bucket}.${hostname}` : hostname;
    if (port === "") delete request.port;
    else request.port = Number(port);
  }
  const port = request.port === undefined ? "" : `:${request.port}`;
  const unsignedPayload = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
  request.headers = { host: `${request.hostname}${port}`, ...unsignedPayload };
  return request;
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
