/** The front door without sockets: an undici Dispatcher whose requests never leave the process. */
import { STATUS_CODES } from "node:http";
import { duplexPair, Readable } from "node:stream";
import { Dispatcher } from "undici";
import type { ApiResponse } from "./api-call.ts";
import type { Connected, FrontDoor } from "./front-door.ts";

type Options = Dispatcher.DispatchOptions;
type Handler = Dispatcher.DispatchHandler;

/** Honours pause, resume and abort. Closing waits for nothing: there is nothing to close. */
export class ApiServerDispatcher extends Dispatcher {
  readonly #door: FrontDoor;
  readonly #connected: Connected;
  readonly #running = new Set<Exchange>();
  #closed = false;

  constructor(door: FrontDoor, connected: Connected) {
    super();
    this.#door = door;
    this.#connected = connected;
  }

  override dispatch(options: Options, handler: Handler): boolean {
    const exchange = new Exchange(handler);
    if (this.#closed) {
      exchange.abort(new Error("the dispatcher is closed"));
      return false;
    }
    this.#running.add(exchange);
    exchange
      .run(this.#door, this.#connected, options)
      .catch((error: unknown) => exchange.abort(toError(error)))
      .finally(() => this.#running.delete(exchange));
    return true;
  }

  override close(callback?: () => void): Promise<void> {
    this.#closed = true;
    callback?.();
    return Promise.resolve();
  }

  override destroy(reason?: unknown, callback?: unknown): Promise<void> {
    this.#closed = true;
    const error = reason instanceof Error ? reason : new Error("the dispatcher was destroyed");
    for (const exchange of this.#running) exchange.abort(error);
    const done = typeof reason === "function" ? reason : callback;
    if (typeof done === "function") done();
    return Promise.resolve();
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** One request and its answer; the controller that undici's handlers are given. */
class Exchange implements Dispatcher.DispatchController {
  paused = false;
  aborted = false;
  reason: Error | null = null;
  rawHeaders: string[] = [];
  rawTrailers: string[] = [];
  readonly #handler: Handler;
  readonly #gone = new AbortController();
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(handler: Handler) {
    this.#handler = handler;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.#wake?.();
  }

  abort(reason: Error): void {
    if (this.aborted || this.#ended) return;
    this.aborted = true;
    this.reason = reason;
    this.#gone.abort(reason);
    this.#wake?.();
    this.#handler.onResponseError?.(this, reason);
  }

  async run(door: FrontDoor, connected: Connected, options: Options): Promise<void> {
    this.#handler.onRequestStart?.(this, {});
    const body = await bodyBytes(options.body);
    if (this.aborted) return;
    if (body.length > 0) this.#handler.onBodySent?.(body);
    this.#handler.onRequestSent?.();
    const answer = await door({
      method: options.method,
      target: target(options),
      headers: {
        ...headersOf(options.headers),
        ...(options.upgrade ? { upgrade: String(options.upgrade), connection: "upgrade" } : {}),
      },
      body,
      signal: this.#gone.signal,
    });
    if (answer.status === 101) return this.#switch(connected, target(options), answer);
    await this.#respond(answer);
  }

  #switch(connected: Connected, asked: string, admitted: ApiResponse): void {
    if (this.aborted) return;
    this.#ended = true;
    const [own, server] = duplexPair();
    own.once("close", () => server.destroy());
    server.once("close", () => own.destroy());
    this.rawHeaders = Object.entries(admitted.headers).flat();
    this.#handler.onRequestUpgrade?.(this, 101, { ...admitted.headers }, own);
    connected({ target: asked, admitted, socket: server });
  }

  async #respond({ status, headers, body }: ApiResponse): Promise<void> {
    if (this.aborted) return;
    const all = Buffer.isBuffer(body)
      ? { ...headers, "content-length": `${body.length}` }
      : headers;
    this.rawHeaders = Object.entries(all).flat();
    this.#handler.onResponseStart?.(this, status, { ...all }, STATUS_CODES[status] ?? "");
    for await (const chunk of Buffer.isBuffer(body) ? [body] : body) {
      await this.#flowing();
      if (this.aborted) return;
      this.#handler.onResponseData?.(this, chunk);
    }
    await this.#flowing();
    if (this.aborted) return;
    this.#ended = true;
    this.#handler.onResponseEnd?.(this, {});
  }

  async #flowing(): Promise<void> {
    while (this.paused && !this.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function target({ path, query }: Options): string {
  if (query === undefined) return path;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query as Record<string, unknown>)) {
    for (const item of Array.isArray(value) ? value : [value]) search.append(name, String(item));
  }
  return `${path}${path.includes("?") ? "&" : "?"}${search}`;
}

function headersOf(headers: Options["headers"]): Record<string, string> {
  const joined: Record<string, string> = {};
  const add = (name: string, value: unknown) => {
    if (value === undefined) return;
    const key = name.toLowerCase();
    const said = Array.isArray(value) ? value.join(",") : String(value);
    joined[key] = joined[key] === undefined ? said : `${joined[key]},${said}`;
  };
  if (Array.isArray(headers) && typeof headers[0] === "string") {
    for (let i = 0; i < headers.length; i += 2) add(String(headers[i]), headers[i + 1]);
  } else if (headers !== null && headers !== undefined && Symbol.iterator in headers) {
    for (const [name, value] of headers as Iterable<[string, unknown]>) add(name, value);
  } else {
    for (const [name, value] of Object.entries(headers ?? {})) add(name, value);
  }
  return joined;
}

async function bodyBytes(body: Options["body"]): Promise<Buffer> {
  if (body === null || body === undefined) return Buffer.alloc(0);
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Buffer[] = [];
  const stream = body instanceof Readable ? body : (body as unknown as AsyncIterable<Uint8Array>);
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
