import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import type { FailedAnswer } from "../api-answer.ts";

/** What a WebSocket's opening shows of itself, which its own events leave out. */
export interface Handshake {
  /** To be given to one WebSocket. */
  readonly dispatcher: Dispatcher;
  /** The answer that came in place of a switch of protocols. */
  refused(): FailedAnswer | undefined;
  /** Why there was no answer. */
  failure(): unknown;
  /** Where the server switched. */
  socket(): Duplex | undefined;
}

type Headers = Readonly<Record<string, string | string[]>>;
type Handler = Dispatcher.DispatchHandler;

/** More of a refusal is not read. */
const maxRefusalBytes = 64 * 1024;

/**
 * Goes between a WebSocket and the pool of connections: adds credentials as they are (a WebSocket
 * would join repeated headers), keeps the answer of a server that refuses, and the socket, which
 * a WebSocket cannot be told to drop.
 */
export function watchHandshake(pool: Dispatcher, headers: Headers): Handshake {
  let refused: FailedAnswer | undefined;
  let failure: unknown;
  let socket: Duplex | undefined;
  const watching = (inner: Handler): Handler => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    let statusCode = 0;
    let retryAfter = "";
    const refuse = (controller: Dispatcher.DispatchController): void => {
      refused = { statusCode, retryAfter, body: Buffer.concat(chunks).toString() };
      inner.onResponseError?.(controller, new RefusedUpgrade(statusCode));
    };
    return {
      onRequestStart: (controller, context) => inner.onRequestStart?.(controller, context),
      onRequestUpgrade(controller, status, answered, opened) {
        socket = opened;
        inner.onRequestUpgrade?.(controller, status, answered, opened);
      },
      onResponseStart(_controller, status, answered) {
        if (status < 200) return;
        statusCode = status;
        retryAfter = String(answered["retry-after"] ?? "");
      },
      onResponseData(_controller, chunk) {
        if (sizeBytes >= maxRefusalBytes) return;
        sizeBytes += chunk.length;
        chunks.push(chunk);
      },
      onResponseEnd: (controller) => refuse(controller),
      onResponseError(controller, error) {
        if (statusCode > 0) return refuse(controller);
        failure = error;
        inner.onResponseError?.(controller, error);
      },
    };
  };
  const dispatcher = pool.compose(
    (dispatch) => (options, handler) =>
      dispatch(
        { ...options, headers: { ...entriesOf(options.headers), ...headers } },
        watching(handler),
      ),
  );
  return {
    dispatcher,
    refused: () => refused,
    failure: () => failure,
    socket: () => socket,
  };
}

class RefusedUpgrade extends Error {
  constructor(statusCode: number) {
    super(`the server answered ${statusCode} in place of switching protocols`);
  }
}

/** A WebSocket hands its headers over as one object. */
function entriesOf(headers: unknown): Record<string, string> {
  return { ...(headers as Record<string, string>) };
}
