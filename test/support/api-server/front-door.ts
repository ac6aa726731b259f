/** What both front doors do around the router: faults first, then the answer. */

import type { Duplex } from "node:stream";
import type { Clock } from "../../../src/ports/clock.ts";
import type { ApiRequest, ApiResponse } from "./api-call.ts";
import { faultStatus } from "./api-status.ts";
import type { Fault, Faults } from "./faults.ts";
import { refusal } from "./router.ts";

/** Thrown where a real server would break the connection. */
export class BrokenConnection extends Error {
  readonly code = "ECONNRESET";

  constructor() {
    super("the in-memory API server broke the connection, as its faults demand");
  }
}

export interface FrontDoorOptions {
  readonly clock: Clock;
  readonly faults: () => Faults | undefined;
  readonly handle: (request: ApiRequest) => Promise<ApiResponse>;
}

/** A connection that was admitted with 101 and speaks another protocol from now on. */
export interface SwitchedConnection {
  readonly target: string;
  readonly admitted: ApiResponse;
  readonly socket: Duplex;
  /** What came with the request. */
  readonly head?: Buffer;
}

export type Connected = (connection: SwitchedConnection) => void;

export type FrontDoor = (request: ApiRequest) => Promise<ApiResponse>;

/** Answers, or rejects with {@link BrokenConnection} or the signal's reason. */
export function openFrontDoor({ clock, faults, handle }: FrontDoorOptions): FrontDoor {
  const counts = new Map<string, number>();
  const decide = (request: ApiRequest): Fault => {
    const { pathname, searchParams } = new URL(request.target, "http://localhost");
    const key = `${request.method} ${pathname}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const { method, headers } = request;
    return faults()?.({ method, path: pathname, query: searchParams, headers, count }) ?? {};
  };
  return async (request) => {
    const fault = decide(request);
    if (fault.delayMs !== undefined) await clock.sleep(fault.delayMs, request.signal);
    if (fault.hang === true) await untilAborted(request.signal);
    if (fault.status !== undefined) {
      return refusal(faultStatus(fault.status, fault.retryAfterSeconds));
    }
    const response = await handle(request);
    if (fault.dropAnswer === true) throw new BrokenConnection();
    const broken = breakAt(fault, request.signal);
    return broken === undefined
      ? response
      : { ...response, body: cut(response.body, broken.bytes, broken.finish) };
  };
}

interface Break {
  readonly bytes: number;
  /** Throws what breaks the connection; an end is that of the answer. */
  readonly finish: () => Promise<void>;
}

function breakAt(fault: Fault, gone: AbortSignal): Break | undefined {
  const { cutAfterBytes, endAfterBytes, silentAfterBytes } = fault;
  if (cutAfterBytes !== undefined) {
    return { bytes: cutAfterBytes, finish: () => Promise.reject(new BrokenConnection()) };
  }
  if (endAfterBytes !== undefined) return { bytes: endAfterBytes, finish: () => Promise.resolve() };
  if (silentAfterBytes === undefined) return undefined;
  return { bytes: silentAfterBytes, finish: () => untilAborted(gone) };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

async function* cut(
  body: ApiResponse["body"],
  bytes: number,
  finish: Break["finish"],
): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of Buffer.isBuffer(body) ? [body] : body) {
    if (chunk.length >= left) {
      if (left > 0) yield chunk.subarray(0, left);
      return finish();
    }
    left -= chunk.length;
    yield chunk;
  }
  return finish();
}
