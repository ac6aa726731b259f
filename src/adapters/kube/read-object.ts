import type { RawObject } from "../../api/raw-object.ts";
import { readRawObject } from "../../api/read-raw-object.ts";
import { ArkError, hasCode } from "../../lib/errors.ts";
import { ApiError, type ObjectRef } from "../../ports/cluster.ts";
import { isKindMissing } from "./api-answer.ts";
import type { CallContext } from "./call-context.ts";
import { describeIntent, type Intent, toIntent } from "./intent.ts";
import { resourcePath } from "./resource-path.ts";
import { retrying } from "./retry.ts";

const newline = 0x0a;

/** Undefined when the object is missing; a kind that is not served is ARK_API_NOT_FOUND. */
export async function getObject(
  context: CallContext,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<RawObject | undefined> {
  const intent = toIntent("get", ref.kind, ref);
  const path = resourcePath(ref.kind, ref);
  try {
    const answer = await retrying({ ...context, signal }, () =>
      context.transport.exchange({ intent, method: "GET", path }, context.callGate, signal),
    );
    return toRawObject(answer.bytes, intent);
  } catch (error) {
    const missing = error instanceof ApiError && error.api.status === 404;
    if (missing && !isKindMissing(error.api)) return undefined;
    throw error;
  }
}

/** The object of a successful answer, without the newline that ends every answer. */
export function toRawObject(bytes: Buffer, intent: Intent): RawObject {
  const end = bytes[bytes.length - 1] === newline ? bytes.length - 1 : bytes.length;
  try {
    return readRawObject(bytes.subarray(0, end));
  } catch (error) {
    if (!hasCode(error, "ARK_JSON_INVALID")) throw error;
    throw new ArkError(
      "ARK_API_PROTOCOL",
      `the answer to "${describeIntent(intent)}" is not an object: ${error.message}`,
      { answer: bytes.toString("utf8", 0, 200), cause: error },
    );
  }
}
