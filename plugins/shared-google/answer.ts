import type { IncomingHttpHeaders } from "node:http";

/** What Google's errors have, read without trust. */
export interface Answer {
  /** Google's word: `notFound`, `rateLimitExceeded`; else its status, or the error's own name. */
  readonly reason: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** Of the socket or of TLS: `ECONNREFUSED`. */
  readonly errno: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** False where the request itself has never left: no token, no connection. */
  readonly wasSent: boolean;
}

/** What a request was refused with, or the token that it needed. To be translated by each plugin. */
export class GoogleRefusal extends Error {
  readonly answer: Answer;

  constructor(answer: Answer, cause?: unknown) {
    super(answer.message, cause === undefined ? undefined : { cause });
    this.answer = answer;
  }

  override get name(): string {
    return "GoogleRefusal";
  }
}

/** No credentials at all; and credentials for which no token was given. */
export const noCredentials = "noCredentials";
export const noToken = "noToken";

/** Google asks to be asked less often: the call itself has done nothing. */
export function isRateRefusal({ status, reason }: Answer): boolean {
  return status === 429 || rateReasons.includes(reason);
}

const rateReasons: readonly string[] = [
  "rateLimitExceeded",
  "userRateLimitExceeded",
  "operationRateLimitExceeded",
  "RATE_LIMIT_EXCEEDED",
  "RESOURCE_EXHAUSTED",
  "tooManyRequests",
];

export function readAnswer(thrown: unknown): Answer {
  if (thrown instanceof GoogleRefusal) return thrown.answer;
  if (!(thrown instanceof Error)) return { ...noAnswer, message: String(thrown) };
  const { code, errors, cause } = thrown as {
    readonly code?: unknown;
    readonly errors?: unknown;
    readonly cause?: unknown;
  };
  // Several addresses were tried: the first failure speaks for all.
  if (Array.isArray(errors) && errors[0] instanceof Error) return readAnswer(errors[0]);
  // `fetch failed` says nothing; what lies below it does.
  if (typeof code !== "string" && cause instanceof Error) return readAnswer(cause);
  const errno = typeof code === "string" ? code : undefined;
  const isTunnel = /tunneling/i.test(thrown.message);
  return {
    ...noAnswer,
    reason: thrown.name,
    message: thrown.message === "" ? thrown.name : oneLine(thrown.message),
    errno: isTunnel ? "ERR_PROXY_TUNNEL" : errno,
    wasSent: !isTunnel && !(errno !== undefined && neverSent.includes(errno)),
  };
}

/** The connection was never made. */
const neverSent: readonly string[] = [
  "ENOTFOUND",
  "ENODATA",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "CERT_HAS_EXPIRED",
];

const noAnswer: Answer = {
  reason: "UnknownError",
  message: "",
  status: undefined,
  requestId: undefined,
  errno: undefined,
  retryAfterMs: undefined,
  wasSent: true,
};

/** What a service answered instead of what was asked for. */
export function refusalOf(
  status: number,
  headers: IncomingHttpHeaders,
  text: string,
): GoogleRefusal {
  const told = readErrorBody(text);
  const requestId = headers["x-guploader-uploadid"] ?? headers["x-goog-request-id"];
  return new GoogleRefusal({
    reason: told.reason ?? `HTTP ${status}`,
    message: oneLine(told.message ?? text) || `HTTP ${status}`,
    status,
    requestId: typeof requestId === "string" ? requestId.slice(0, 80) : undefined,
    errno: undefined,
    retryAfterMs: secondsToMs(headers["retry-after"]),
    wasSent: true,
  });
}

interface Told {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

/**
 * Google's own form `{error: {code, message, errors: [{reason}], status, details: [{reason}]}}`, that
 * of OAuth `{error, error_description}`, or the XML of signed URLs.
 */
function readErrorBody(text: string): Told {
  const body = parseObject(text);
  if (body === undefined) {
    const [, reason] = /<Code>([^<]*)<\/Code>/.exec(text) ?? [];
    const [, message] = /<(?:Details|Message)>([^<]*)</.exec(text) ?? [];
    return { reason, message };
  }
  const error = body["error"];
  if (typeof error === "string") {
    return { reason: error, message: textOf(body["error_description"]) ?? error };
  }
  if (!isRecord(error)) return {};
  const details = [error["errors"], error["details"]].flatMap((list) =>
    Array.isArray(list) ? list.filter(isRecord) : [],
  );
  const reason = details.map((detail) => textOf(detail["reason"])).find((one) => one !== undefined);
  return { reason: reason ?? textOf(error["status"]), message: textOf(error["message"]) };
}

/** Undefined for what is no JSON object. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Google writes seconds; the form with a date is left out. */
function secondsToMs(header: unknown): number | undefined {
  return typeof header === "string" && /^\d{1,6}$/.test(header)
    ? Number(header) * 1_000
    : undefined;
}

function oneLine(message: string): string {
  const line = message.replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
