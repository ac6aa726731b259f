/** Faults that a test injects, one decision per request. */

export interface FaultCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** How often this method and path were asked for, this time included. */
  readonly count: number;
}

/** Fields act together: first the delay, then the hang or the status, then the cut. */
export interface Fault {
  /** By the injected clock. */
  readonly delayMs?: number;
  /** Answers this HTTP status, as a Status object; the request has no effect. */
  readonly status?: number;
  /** Sent as Retry-After. */
  readonly retryAfterSeconds?: number;
  /** Nothing is answered until the client goes away; the request has no effect. */
  readonly hang?: boolean;
  /** The connection breaks after so many bytes of the body; the request has had its effect. */
  readonly cutAfterBytes?: number;
  /** The answer ends after so many bytes as if it were whole; the request has had its effect. */
  readonly endAfterBytes?: number;
  /** Nothing more comes after so many bytes until the client goes away; the request has had its effect. */
  readonly silentAfterBytes?: number;
  /** The connection breaks before any byte is answered; the request has had its effect. */
  readonly dropAnswer?: boolean;
}

/** Undefined passes. */
export type Faults = (call: FaultCall) => Fault | undefined;
