import { ApiError, type ObjectRef } from "../../ports/cluster.ts";
import type { CallContext } from "./call-context.ts";
import { describeIntent, toIntent } from "./intent.ts";
import { resourcePath } from "./resource-path.ts";
import { wasNeverSent } from "./unreachable.ts";

/** So many writes in a row without an answer are no longer a matter of their objects. */
const maxInARow = 50;

export interface Blame {
  /**
   * The outcome of a write and all its attempts. One that never got an answer, of an API server
   * that still answers when it is asked for the object, has failed because of what was written, as
   * when the server panics over it: ARK_API_FAILED instead of ARK_API_UNREACHABLE, with status 0,
   * as it may have been done.
   */
  of<T>(ref: ObjectRef, signal: AbortSignal, write: Promise<T>): Promise<T>;
}

export function createBlame(context: CallContext): Blame {
  let inARow = 0;
  return {
    async of(ref, signal, write) {
      try {
        const done = await write;
        inARow = 0;
        return done;
      } catch (error) {
        if (!isWithoutAnswer(error)) {
          inARow = 0;
          throw error;
        }
        inARow += 1;
        signal.throwIfAborted();
        if (ref.name === "" || inARow > maxInARow) throw error;
        if (!(await answers(context, ref, signal))) throw error;
        throw blamed(error, ref);
      }
    },
  };
}

function isWithoutAnswer(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === "ARK_API_UNREACHABLE" && !wasNeverSent(error);
}

/** One look, not repeated: any answer is one. */
async function answers(
  { transport, callGate }: CallContext,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<boolean> {
  const intent = toIntent("get", ref.kind, ref);
  const request = { intent, method: "GET", path: resourcePath(ref.kind, ref) } as const;
  try {
    await transport.exchange(request, callGate, signal);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof ApiError && error.api.status !== 0;
  }
}

function blamed(error: ApiError, ref: ObjectRef): ApiError {
  const tried = error.tried ?? describeIntent(toIntent("write", ref.kind, ref));
  const serverMessage =
    "the API server ended the connection without an answer each time, and answers other requests: it may panic over this object";
  return new ApiError(
    "ARK_API_FAILED",
    `cannot ${tried}: ${serverMessage}`,
    { ...error.api, serverMessage },
    { tried, advice: "see the log of the API server", cause: error },
  );
}
