import { ApiError } from "../../ports/cluster.ts";
import { describeIntent, type Intent } from "./intent.ts";

/** Codes of failures that happened before a byte of the request was sent. */
const neverSent: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"],
  ...["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_INVALID_ARG"],
]);

const certificateTrouble = /^(CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/;

/** The error for a connection that failed, or broke before the answer's headers or in its body. */
export function toUnreachableError(
  cause: unknown,
  intent: Intent,
  serverUrl: string,
  progress = "",
): ApiError {
  const reason = codeOf(cause);
  const text = cause instanceof Error ? cause.message : String(cause);
  const message = `cannot ${describeIntent(intent)}: no complete answer from the API server at ${serverUrl}${progress}`;
  return new ApiError(
    "ARK_API_UNREACHABLE",
    message,
    { status: 0, reason, serverMessage: text, causes: [] },
    {
      tried: describeIntent(intent),
      answer: reason === "" || text.includes(reason) ? text : `${reason}: ${text}`,
      advice: adviceFor(reason),
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

function adviceFor(reason: string): string {
  if (certificateTrouble.test(reason)) {
    return "Check certificate-authority and tls-server-name of the cluster in the kubeconfig, and that its client certificate is valid.";
  }
  if (reason === "ENOTFOUND") return "Check the server address of the cluster in the kubeconfig.";
  if (reason === "ECONNREFUSED") {
    return "Check that the API server runs at this address, and that the kubeconfig context is the one you mean.";
  }
  return "Check the network, VPN and proxy between here and the API server, then try again.";
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
