import type { Decoded } from "./message.ts";
import { rpcStatus, stack } from "./services/shared-messages.ts";

/** Codes of gRPC that mean something here. */
export const statusCode = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  resourceExhausted: 8,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** How a call failed, as the other side told it. */
export interface GrpcStatus {
  readonly code: number;
  readonly message: string;
  /** Where in the plugin it arose, innermost first; empty where it did not tell. */
  readonly frames: Decoded<typeof stack>["frames"];
}

const stackType = "type.googleapis.com/generated.Stack";

/** The trailer in which a plugin tells more than gRPC's own headers can hold. */
export const detailsTrailer = "grpc-status-details-bin";

/**
 * `message`: of the header, which is empty where a plugin's text begins or ends with a space; then
 * the details hold it.
 */
export function readStatus(
  code: number,
  text: string,
  details: Uint8Array | undefined,
): GrpcStatus {
  if (details === undefined) return { code, message: text, frames: [] };
  try {
    const status = rpcStatus.decode(details);
    const found = status.details.find(({ typeUrl }) => typeUrl === stackType);
    return {
      code,
      message: (text === "" ? status.message : text).trim(),
      frames: found === undefined ? [] : stack.decode(found.value).frames,
    };
  } catch {
    // Details of a sort that nobody knows: the header is what there is.
    return { code, message: text, frames: [] };
  }
}

/** For {@link detailsTrailer}: holds texts that a header cannot. */
export function encodeStatus(code: number, text: string): Buffer {
  return rpcStatus.encode({ code, message: text });
}
