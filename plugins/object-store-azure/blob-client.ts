import type { IncomingHttpHeaders } from "node:http";
import {
  BlobServiceClient,
  type HttpHeaders,
  type HttpOperationResponse,
  type IHttpClient,
  newPipeline,
  StorageSharedKeyCredential,
  type WebResource,
} from "@azure/storage-blob";
import { type Http, readText } from "../shared-azure/http.ts";
import type { TokenSource } from "../shared-azure/tokens.ts";

/** By what the blob service knows who asks. */
export type Authority =
  | { readonly kind: "key"; readonly credential: StorageSharedKeyCredential }
  | { readonly kind: "tokens"; readonly tokens: TokenSource };

/** Repeating is the business of one layer only, the retry decorator. */
const retryOptions = { maxTries: 1 };

/** What each answer tells, whatever it is. */
export type Watch = (headers: IncomingHttpHeaders) => void;

/** The library's client over our own connections. No request is made. */
export function createServiceClient(
  endpoint: string,
  authority: Authority,
  http: Http,
  watch: Watch,
): BlobServiceClient {
  const credential =
    authority.kind === "key" ? authority.credential : tokenCredential(authority.tokens);
  const httpClient = adapt(http, watch);
  return new BlobServiceClient(endpoint, newPipeline(credential, { httpClient, retryOptions }));
}

export const keyCredential = (account: string, key: string): StorageSharedKeyCredential =>
  new StorageSharedKeyCredential(account, key);

function tokenCredential(tokens: TokenSource) {
  return {
    async getToken(
      scopes: string | readonly string[],
      { abortSignal }: { abortSignal?: unknown } = {},
    ) {
      const [scope = ""] = typeof scopes === "string" ? [scopes] : scopes;
      const signal =
        abortSignal instanceof AbortSignal ? abortSignal : new AbortController().signal;
      const { text, expiresAt } = await tokens.token(scope, signal);
      return { token: text, expiresOnTimestamp: expiresAt.getTime() };
    },
  };
}

function adapt(http: Http, watch: Watch): IHttpClient {
  return {
    async sendRequest(request: WebResource): Promise<HttpOperationResponse> {
      const { status, headers, body } = await http.send({
        method: request.method,
        url: request.url,
        headers: request.headers.rawHeaders(),
        body: bytesOf(request.body),
        signal:
          request.abortSignal instanceof AbortSignal
            ? request.abortSignal
            : new AbortController().signal,
      });
      watch(headers);
      const answer = { request, status, headers: plainHeaders(headers) };
      if (request.method === "HEAD") body.resume();
      else if (isStreamed(request, status)) return { ...answer, readableStreamBody: body };
      return { ...answer, bodyAsText: request.method === "HEAD" ? "" : await readText({ body }) };
    },
  };
}

function isStreamed({ streamResponseStatusCodes: codes }: WebResource, status: number): boolean {
  return codes?.has(Number.POSITIVE_INFINITY) === true || codes?.has(status) === true;
}

function bytesOf(body: unknown): Uint8Array | string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  return typeof body === "function" ? bytesOf(body()) : undefined;
}

/** The library reads no more of them than this. */
function plainHeaders(headers: IncomingHttpHeaders): HttpHeaders {
  const flat = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(",") : value]],
  );
  const record = Object.fromEntries(flat);
  return { toJson: () => record } as unknown as HttpHeaders;
}
