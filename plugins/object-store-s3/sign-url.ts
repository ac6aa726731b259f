import { GetObjectCommand } from "@aws-sdk/client-s3";
import { ArkError, type SignedUrlOptions } from "../../src/plugin-sdk/object-store.ts";
import type { Connection } from "./connect.ts";

/** An HTTP request as the SDK's signer and connection take it. */
export interface PlainRequest {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query: Record<string, unknown>;
  headers: Record<string, string>;
  clone?: () => PlainRequest;
}

interface Presigner {
  presign(request: PlainRequest, options: { readonly expiresIn: number }): Promise<PlainRequest>;
}

/** Errors: ARK_STORE_UNSUPPORTED where objects are under a customer key. */
export async function signUrl(
  connection: Connection,
  key: string,
  { expiresInSeconds, signal }: SignedUrlOptions,
): Promise<string> {
  if (connection.customerKey !== undefined) {
    const message = `${connection.display}: objects under a customer key cannot be read by URL alone`;
    throw new ArkError("ARK_STORE_UNSUPPORTED", message);
  }
  const whole = `${connection.options.prefix}${key}`;
  const request = await signedGet(connection, whole, expiresInSeconds, signal);
  const { protocol, hostname, port, path, query } = request;
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  const terms = Object.entries(query).map(
    ([name, value]) => `${escaped(name)}=${escaped(`${value}`)}`,
  );
  return `${protocol.replace(/:?$/, ":")}//${host}${path}?${terms.join("&")}`;
}

/** RFC 3986, as signatures want it. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The SDK builds and signs the request, and does not send it. */
export async function signedGet(
  { client, options, call }: Connection,
  Key: string,
  expiresIn: number,
  signal: AbortSignal,
): Promise<PlainRequest> {
  const command = new GetObjectCommand({ Bucket: options.bucket, Key });
  let signed: PlainRequest | undefined;
  command.middlewareStack.add(
    (_next, context) => async (args) => {
      const request = toPublic(args.request as PlainRequest, options);
      const [scheme] = (context as { authSchemes?: readonly unknown[] }).authSchemes ?? [];
      const signer = (await client.config.signer(scheme as never)) as unknown as Presigner;
      signed = await signer.presign(request, { expiresIn });
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
