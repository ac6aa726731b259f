import type { Clock } from "../../ports/clock.ts";
import type { RequestGate } from "./request-gate.ts";
import type { Transport } from "./transport.ts";

/** What every call to the API server needs. */
export interface CallContext {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Reads of single objects and writes. */
  readonly callGate: RequestGate;
  /** Bodies of lists that are open at once. */
  readonly listGate: RequestGate;
  readonly hasAnswered: () => boolean;
}
