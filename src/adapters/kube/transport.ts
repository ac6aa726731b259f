import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Dispatcher } from "undici";
import { ArkError } from "../../lib/errors.ts";
import { ApiError } from "../../ports/cluster.ts";
import { toApiError } from "./api-answer.ts";
import type { ServerAccess } from "./credentials/server-access.ts";
import { describeIntent, type Intent } from "./intent.ts";
import type { Leave, RequestGate } from "./request-gate.ts";
import { toUnreachableError } from "./unreachable.ts";
import { withFence } from "./with-fence.ts";

export interface ApiRequest {
  readonly intent: Intent;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the server's URL on, with the query. */
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: Uint8Array;
  /** Silence in the middle of the answer's body that ends it; 0: none does. Default 60 s. */
  readonly bodyTimeoutMs?: number;
  /** Called before each attempt and again right before it is sent; what it throws ends the request. */
  readonly fence?: () => void;
}

/** A success whose body is still arriving. */
export interface OpenAnswer {
  readonly contentType: string;
  readonly body: Readable;
}

/** A success, read whole. */
export interface WholeAnswer {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** One attempt of one request; only expired credentials are dealt with here. */
export interface Transport {
  readonly serverUrl: string;
  /** Whether the API server has answered anything yet. */
  hasAnswered(): boolean;
  /** Errors: ApiError for every answer but a success, and for none. */
  open(request: ApiRequest, gate: RequestGate, signal: AbortSignal): Promise<OpenAnswer>;
  /** The same; the place in the gate is kept until the body is there. */
  exchange(request: ApiRequest, gate: RequestGate, signal: AbortSignal): Promise<WholeAnswer>;
}

export interface TransportOptions {
  /** Worth it across slow networks; costs both sides CPU. */
  readonly gzip: boolean;
}

/** The API server gives up on a request after 60 s: what lasts longer has no answer to come. */
const headersTimeoutMs = 75_000;

/** Silence in the middle of a body; time in which we do not read does not count. */
const defaultBodyTimeoutMs = 60_000;

/** An answer that is not a list: one object (1.5 MiB by etcd), or a discovery document. */
const maxWholeBytes = 64 * 1024 * 1024;

const maxErrorBytes = 1024 * 1024;

export function createTransport(access: ServerAccess, options: TransportOptions): Transport {
  const { origin, pathname } = new URL(access.serverUrl);
  const base = pathname === "/" ? "" : pathname;
  let answered = false;

  const sendOnce = async (request: ApiRequest, signal: AbortSignal): Promise<Answer> => {
    const headers = { ...requestHeaders(request, options), ...(await access.headers()) };
    const { fence } = request;
    const open = await access.dispatcher();
    signal.throwIfAborted();
    fence?.();
    const dispatcher = fence === undefined ? open : withFence(open, fence);
    try {
      const answer = await dispatcher.request({
        origin,
        path: `${base}${request.path}`,
        method: request.method,
        headers,
        body: request.body ?? null,
        signal,
        headersTimeout: headersTimeoutMs,
        bodyTimeout: request.bodyTimeoutMs ?? defaultBodyTimeoutMs,
      });
      answered = true;
      return answer;
    } catch (error) {
      throw asTransportError(error, request.intent, access.serverUrl, signal);
    }
  };

  /** Sends with credentials that may have expired in mid-run: they are refreshed once. */
  const send = async (request: ApiRequest, signal: AbortSignal): Promise<OpenAnswer> => {
    let answer = await sendOnce(request, signal);
    if (answer.statusCode === 401) {
      const error = await readFailure(answer, request, access.serverUrl, signal);
      if (!(await access.refresh())) throw error;
      answer = await sendOnce(request, signal);
    }
    if (answer.statusCode < 200 || answer.statusCode > 299) {
      throw await readFailure(answer, request, access.serverUrl, signal);
    }
    return { contentType: header(answer, "content-type"), body: decoded(answer) };
  };

  return {
    serverUrl: access.serverUrl,
    hasAnswered: () => answered,
    async open(request, gate, signal) {
      const leave = await gate.enter(signal);
      try {
        const answer = await send(request, signal);
        answer.body.once("close", () => leave("done"));
        // An error reaches whoever reads the body; a body that nobody reads must not end the process.
        answer.body.on("error", () => undefined);
        return answer;
      } catch (error) {
        leave(outcomeOf(error));
        throw error;
      }
    },
    async exchange(request, gate, signal) {
      const leave = await gate.enter(signal);
      return settle(leave, async () => {
        const { contentType, body } = await send(request, signal);
        const bytes = await readWhole(body, request.intent, maxWholeBytes).catch((error) => {
          throw asTransportError(error, request.intent, access.serverUrl, signal);
        });
        return { contentType, bytes };
      });
    },
  };
}

type Answer = Dispatcher.ResponseData;

async function settle<T>(leave: Leave, task: () => Promise<T>): Promise<T> {
  try {
    const result = await task();
    leave("done");
    return result;
  } catch (error) {
    leave(outcomeOf(error));
    throw error;
  }
}

function outcomeOf(error: unknown): Parameters<Leave>[0] {
  if (!(error instanceof ApiError) || error.api.status === 0) return "failed";
  return error.api.status === 429 ? "throttled" : "done";
}

function requestHeaders(request: ApiRequest, options: TransportOptions): Record<string, string> {
  return {
    // The API server names the manager of fields by it, where a write names none.
    "user-agent": "ark-ts",
    accept: request.accept ?? "application/json",
    "accept-encoding": options.gzip ? "gzip" : "identity",
    ...(request.contentType === undefined ? {} : { "content-type": request.contentType }),
  };
}

function header(answer: Answer, name: string): string {
  const value = answer.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

function decoded(answer: Answer): Readable {
  if (header(answer, "content-encoding") !== "gzip") return answer.body;
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  answer.body.once("error", (error) => gunzip.destroy(error));
  gunzip.once("close", () => answer.body.destroy());
  return answer.body.pipe(gunzip);
}

async function readFailure(
  answer: Answer,
  request: ApiRequest,
  serverUrl: string,
  signal: AbortSignal,
): Promise<ApiError> {
  const bytes = await readWhole(decoded(answer), request.intent, maxErrorBytes).catch((error) => {
    signal.throwIfAborted();
    return Buffer.from(`(the rest of the answer is missing: ${String(error)})`);
  });
  const failed = {
    statusCode: answer.statusCode,
    retryAfter: header(answer, "retry-after"),
    body: bytes.toString(),
  };
  return toApiError(failed, request.intent, serverUrl);
}

async function readWhole(body: Readable, intent: Intent, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      throw new ArkError(
        "ARK_API_PROTOCOL",
        `the answer to "${describeIntent(intent)}" is larger than ${maxBytes} bytes, the most that is read`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, sizeBytes);
}

/** Cancellation stays what it is; everything else that was thrown becomes an error with its story. */
export function asTransportError(
  error: unknown,
  intent: Intent,
  serverUrl: string,
  signal: AbortSignal,
): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof ArkError) return error;
  return toUnreachableError(error, intent, serverUrl);
}
