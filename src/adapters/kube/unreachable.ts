import type { ArkError } from "../../lib/errors.ts";
import { ApiError } from "../../ports/cluster.ts";
import { toConnectionError } from "./credentials/connection-failure.ts";
import { describeIntent, type Intent } from "./intent.ts";

/** Codes of failures that happened before a byte of the request was sent. */
const neverSent: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"],
  ...["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_INVALID_ARG"],
]);

const certificateTrouble = /^(CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/;

/**
 * The error for a connection that failed, or broke before the answer's headers or in its body.
 * An ArkError inside `cause`, as of a credential plugin, passes as it is.
 */
export function toUnreachableError(
  cause: unknown,
  intent: Intent,
  serverUrl: string,
  progress = "",
): ArkError {
  const told = toConnectionError(cause, serverUrl);
  if (told.code !== "ARK_API_UNREACHABLE" || told instanceof ApiError) return told;
  const reason = codeOf(cause);
  const { answer, advice } = told;
  return new ApiError(
    "ARK_API_UNREACHABLE",
    `cannot ${describeIntent(intent)}: no complete answer from the API server at ${serverUrl}${progress}`,
    {
      status: 0,
      reason,
      serverMessage: cause instanceof Error ? cause.message : String(cause),
      causes: [],
    },
    {
      tried: describeIntent(intent),
      ...(answer === undefined ? {} : { answer }),
      ...(advice === undefined ? {} : { advice }),
      disposition: isHopeless(reason) ? "stall" : "retry",
      cause,
    },
  );
}

/** Whether the server cannot have seen the request, so that sending it again is safe. */
export function wasNeverSent(error: ApiError): boolean {
  const { status, reason } = error.api;
  return status === 0 && (neverSent.has(reason) || certificateTrouble.test(reason));
}

/** Failures that the same request meets again: a wrong name, a certificate that is not trusted. */
export function isHopeless(reason: string): boolean {
  return reason === "ENOTFOUND" || certificateTrouble.test(reason);
}

function codeOf(cause: unknown): string {
  for (let error = cause, depth = 0; error instanceof Error && depth < 5; depth += 1) {
    const code = (error as { readonly code?: unknown }).code;
    if (typeof code === "string" && code !== "UND_ERR_SOCKET") return code;
    if (error.cause === undefined && typeof code === "string") return code;
    error = error.cause;
  }
  return "";
}
