import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { type Dispatcher, request } from "undici";
import type { PluginContext } from "../../src/plugin-sdk/object-store.ts";
import { parseObject, refusalOf } from "./answer.ts";
import {
  type Connections,
  createConnections,
  defaultTimeouts,
  type Timeouts,
} from "./connection.ts";
import { createCredentials, type GoogleCredentials, type NamedCredentials } from "./credentials.ts";

export interface GoogleRequest {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly url: string | URL;
  /** Undefined ones are left out. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** At most one of the two. */
  readonly json?: unknown;
  readonly body?: Uint8Array;
  /** Statuses beside 2xx that are no refusal. */
  readonly expect?: readonly number[];
  readonly signal: AbortSignal;
}

export interface GoogleAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

export interface OpenAnswer extends GoogleAnswer {
  /** Must be read to its end or destroyed. */
  readonly body: Readable;
}

export interface ReadAnswer extends GoogleAnswer {
  readonly text: string;
  /** Empty where the body is no JSON object. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Google's services for one identity. */
export interface GoogleClient {
  readonly credentials: GoogleCredentials;
  /** Sent once. Errors: GoogleRefusal, those of sockets (`readAnswer`), ARK_CONFIG_INVALID. */
  call(request: GoogleRequest): Promise<ReadAnswer>;
  /** The same, for bodies that are too big to hold. */
  open(request: GoogleRequest): Promise<OpenAnswer>;
  /** Without credentials, as anybody asks. */
  openPlain(request: GoogleRequest): Promise<OpenAnswer>;
  close(): Promise<void>;
}

export interface ClientOptions extends NamedCredentials {
  /** PEM text or the path of a file, beside the system's. */
  readonly caCert?: string | undefined;
}

/** No request is made. Errors: ARK_CONFIG_INVALID. */
export async function createGoogleClient(
  options: ClientOptions,
  context: Pick<PluginContext, "env" | "homeDirectory" | "clock">,
  timeouts: Timeouts = defaultTimeouts,
): Promise<GoogleClient> {
  const connections = await createConnections(options.caCert, context.env, timeouts);
  const credentials = createCredentials(options, context, connections);
  const open = async (asked: GoogleRequest): Promise<OpenAnswer> => {
    asked.signal.throwIfAborted();
    const url = urlOf(asked);
    const authorization = await credentials.authorization(url, asked.signal);
    const answer = await send(connections, { ...asked, url }, timeouts, { authorization });
    if (answer.status === 401) credentials.forget();
    return await expected(asked, answer);
  };
  return {
    credentials,
    open,
    async call(asked) {
      const { status, headers, body } = await open(asked);
      const text = await readText(body);
      return { status, headers, text, json: parseObject(text) ?? {} };
    },
    async openPlain(asked) {
      const url = urlOf(asked);
      return await expected(asked, await send(connections, { ...asked, url }, timeouts, {}));
    },
    close: () => connections.close(),
  };
}

function urlOf({ url, query = {} }: GoogleRequest): URL {
  const whole = new URL(url);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) whole.searchParams.set(name, value);
  }
  return whole;
}

/** A body that leaves slower than this is taken for silence. */
const slowestBytesPerMs = 16;

async function send(
  connections: Connections,
  { method, url, headers, json, body, signal }: GoogleRequest & { readonly url: URL },
  { silenceMs, bodySilenceMs }: Timeouts,
  added: Readonly<Record<string, string>>,
): Promise<OpenAnswer> {
  const bytes = json === undefined ? body : Buffer.from(JSON.stringify(json));
  const options: Omit<Dispatcher.RequestOptions, "origin" | "path"> = {
    method,
    headers: {
      "user-agent": "ark-ts",
      ...(json === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
      ...(bytes === undefined && method !== "GET" && method !== "DELETE"
        ? { "content-length": "0" }
        : {}),
      ...headers,
      ...added,
    },
    ...(bytes === undefined ? {} : { body: bytes }),
    signal,
    headersTimeout: silenceMs + Math.ceil((bytes?.length ?? 0) / slowestBytesPerMs),
    bodyTimeout: bodySilenceMs,
  };
  const answer = await request(url, { ...options, dispatcher: connections.dispatcherFor(url) });
  return { status: answer.statusCode, headers: answer.headers, body: answer.body };
}

/** Errors: GoogleRefusal. */
async function expected({ expect = [] }: GoogleRequest, answer: OpenAnswer): Promise<OpenAnswer> {
  const { status, headers, body } = answer;
  if ((status >= 200 && status < 300) || expect.includes(status)) return answer;
  throw refusalOf(status, headers, await readText(body, maxErrorBytes));
}

const maxErrorBytes = 64 * 1024;

/** At most `limit` bytes are kept. */
async function readText(body: Readable, limit = Number.POSITIVE_INFINITY): Promise<string> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    if (sizeBytes < limit) pieces.push(piece);
    sizeBytes += piece.length;
  }
  return Buffer.concat(pieces).toString("utf8");
}
