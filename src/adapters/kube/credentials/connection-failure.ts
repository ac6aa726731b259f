import { ArkError } from "../../../lib/errors.ts";

interface Explanation {
  readonly answer: string;
  readonly advice: string;
}

const certificateAdvice =
  "take the kubeconfig anew from where the cluster comes from, or correct certificate-authority";
const networkAdvice = "check the network, the VPN and the proxy settings, and that the server runs";

/** What the codes of Node and undici mean to somebody who wants to reach an API server. */
const explanations: Readonly<Record<string, Explanation>> = {
  ENOTFOUND: { answer: "its name is not known to DNS", advice: networkAdvice },
  EAI_AGAIN: { answer: "DNS does not answer", advice: networkAdvice },
  ECONNREFUSED: { answer: "connection refused", advice: "check that the API server runs there" },
  ECONNRESET: { answer: "the connection was reset", advice: networkAdvice },
  EPIPE: { answer: "the connection was closed", advice: networkAdvice },
  EHOSTUNREACH: { answer: "no route to the host", advice: networkAdvice },
  ENETUNREACH: { answer: "no route to the network", advice: networkAdvice },
  ETIMEDOUT: { answer: "no answer in time", advice: networkAdvice },
  UND_ERR_CONNECT_TIMEOUT: { answer: "no connection in time", advice: networkAdvice },
  UND_ERR_HEADERS_TIMEOUT: { answer: "no answer in time", advice: networkAdvice },
  UND_ERR_BODY_TIMEOUT: { answer: "the answer stopped in the middle", advice: networkAdvice },
  UND_ERR_SOCKET: { answer: "the connection was closed", advice: networkAdvice },
  UND_ERR_PRX_TLS: {
    answer: "the certificate of the proxy is not valid for its name",
    advice: "check proxy-url and HTTPS_PROXY",
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    answer: "its certificate is for another name",
    advice: "set tls-server-name in the kubeconfig to a name in the certificate",
  },
  CERT_HAS_EXPIRED: {
    answer: "its certificate has expired (or this machine's clock is wrong)",
    advice: "renew the API server's certificate; check the clock",
  },
  CERT_NOT_YET_VALID: {
    answer: "its certificate is not valid yet (or this machine's clock is wrong)",
    advice: "check the clock",
  },
  ...sameFor(
    [
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "UNABLE_TO_GET_ISSUER_CERT",
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "CERT_SIGNATURE_FAILURE",
    ],
    {
      answer: "its certificate is not signed by the kubeconfig's certificate authority",
      advice: certificateAdvice,
    },
  ),
  EPROTO: { answer: "it does not speak TLS here", advice: "check scheme and port of the server" },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    answer: "it does not speak TLS here",
    advice: "check scheme and port of the server",
  },
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: {
    answer: "it asks for a client certificate",
    advice: "give client-certificate and client-key in the kubeconfig",
  },
};

/**
 * Turns what undici throws before an answer came into ARK_API_UNREACHABLE, with the code's
 * meaning and what to do. An ArkError passes as it is. `tried` names the request, e.g.
 * `GET /api/v1/pods`.
 */
export function toConnectionError(thrown: unknown, serverUrl: string, tried?: string): ArkError {
  for (const error of causesOf(thrown)) if (error instanceof ArkError) return error;
  const causes = causesOf(thrown);
  const known = causes.find((candidate) => codeOf(candidate) in explanations);
  const explained = known === undefined ? undefined : explanations[codeOf(known)];
  const proxyStatus = causes.map(proxyStatusOf).find((status) => status !== undefined);
  const { answer, advice } = explained ?? explainProxy(proxyStatus) ?? explainOther(causes[0]);
  return new ArkError("ARK_API_UNREACHABLE", `cannot reach the API server at ${serverUrl}`, {
    ...(tried !== undefined && { tried }),
    answer: known === undefined ? answer : `${answer} (${codeOf(known)}${placeOf(known)})`,
    advice,
    disposition: "retry",
    cause: thrown,
  });
}

function sameFor(codes: readonly string[], text: Explanation): Record<string, Explanation> {
  return Object.fromEntries(codes.map((code) => [code, text]));
}

/** The error, what it wraps, and what that wraps. */
function causesOf(thrown: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  const queue: unknown[] = [thrown];
  for (let next = queue.shift(); next !== undefined && causes.length < 16; next = queue.shift()) {
    causes.push(next);
    if (next instanceof AggregateError) queue.push(...next.errors);
    if (next instanceof Error && next.cause !== undefined) queue.push(next.cause);
  }
  return causes;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : "";
}

/** Where it happened, as that may be a proxy. */
function placeOf(error: unknown): string {
  const { hostname, address, port } = error as { [key: string]: unknown };
  if (typeof hostname === "string") return ` ${hostname}`;
  return typeof address === "string" ? ` ${address}:${port}` : "";
}

function proxyStatusOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return /Proxy response \((\d{3})\)|Required \((407)\)/.exec(error.message)?.slice(1).join("");
}

function explainProxy(status: string | undefined): Explanation | undefined {
  if (status === undefined) return undefined;
  const advice =
    status === "407"
      ? "give user and password in proxy-url or HTTPS_PROXY"
      : "check that the proxy may connect there, or list the server in NO_PROXY";
  return { answer: `the proxy answered ${status}`, advice };
}

function explainOther(error: unknown): Explanation {
  return {
    answer: error instanceof Error ? error.message : String(error),
    advice: networkAdvice,
  };
}
