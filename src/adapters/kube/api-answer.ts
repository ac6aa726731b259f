import type { ErrorCode, ErrorStory } from "../../lib/errors.ts";
import { decodeJson } from "../../lib/json-text.ts";
import { type ApiAnswer, ApiError } from "../../ports/cluster.ts";
import { describeIntent, describeRight, type Intent } from "./intent.ts";
import { asList, asRecord, type JsonRecord, textOf } from "./json-record.ts";

/** An HTTP answer that is not a success, as it came. */
export interface FailedAnswer {
  readonly statusCode: number;
  /** Value of the Retry-After header; empty when there is none. */
  readonly retryAfter: string;
  readonly body: string;
}

interface StatusBody {
  readonly reason: string;
  readonly message: string;
  readonly continueToken: string;
  readonly retryAfterSeconds: number;
  readonly causes: ApiAnswer["causes"];
}

/** Longest part of an answer that is not a Status which goes into a message. */
const maxQuotedCharacters = 300;

/** The error for an answer of the API server (or of something before it) that is not a success. */
export function toApiError(answer: FailedAnswer, intent: Intent, serverUrl: string): ApiError {
  const status = parseStatus(answer.body);
  const retryAfterMs = retryAfterOf(answer, status);
  const api: ApiAnswer = {
    status: answer.statusCode,
    reason: status.reason,
    serverMessage: status.message,
    causes: status.causes,
    ...(answer.statusCode === 410 && status.continueToken !== ""
      ? { continueToken: status.continueToken }
      : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  const verdict = verdictOn(answer.statusCode, intent);
  const message = `cannot ${describeIntent(intent)}: the API server at ${serverUrl} ${verdict.says}`;
  return new ApiError(verdict.code, message, api, {
    tried: describeIntent(intent),
    answer: `${answer.statusCode}${status.reason === "" ? "" : ` ${status.reason}`}: ${status.message}`,
    advice: adviceFor(api, intent),
    disposition: verdict.disposition,
  });
}

interface Verdict {
  readonly code: ErrorCode;
  readonly says: string;
  readonly disposition: NonNullable<ErrorStory["disposition"]>;
}

function verdictOn(statusCode: number, intent: Intent): Verdict {
  const stall = (code: ErrorCode, says: string): Verdict => ({ code, says, disposition: "stall" });
  const retry = (code: ErrorCode, says: string): Verdict => ({ code, says, disposition: "retry" });
  switch (statusCode) {
    case 401:
      return stall("ARK_API_UNAUTHORIZED", "does not accept the credentials");
    case 403:
      return stall("ARK_API_FORBIDDEN", "forbids it");
    case 404:
      return stall("ARK_API_NOT_FOUND", "has no such thing");
    case 409:
      return retry("ARK_API_CONFLICT", "reports a conflict");
    case 410:
      return retry("ARK_API_GONE", "no longer holds that revision");
    case 413:
    case 422:
      return stall("ARK_API_INVALID", "found the object invalid");
    case 400:
      return intent.verb === "create" || intent.verb === "update" || intent.verb === "patch"
        ? stall("ARK_API_INVALID", "found the object invalid")
        : stall("ARK_API_FAILED", "found the request invalid");
    case 429:
      return retry("ARK_API_THROTTLED", "keeps asking to slow down");
    default:
      return retry("ARK_API_FAILED", `answered with HTTP status ${statusCode}`);
  }
}

function adviceFor(api: ApiAnswer, intent: Intent): string {
  switch (api.status) {
    case 401:
      return "Log in again, or check the user of this kubeconfig context.";
    case 403:
      return forbiddenAdvice(api, intent);
    case 404:
      return intent.verb === "create"
        ? "Check that the namespace exists and that the cluster serves this kind."
        : "Check the name, and that the cluster serves this kind.";
    case 409:
      return api.reason === "AlreadyExists"
        ? "The object is there already: look at it before replacing it."
        : "Read the object again and repeat the change.";
    case 410:
      return "List again from the start, or go on with the continue token that came with it.";
    case 400:
      return /HTTP request to an HTTPS server/i.test(api.serverMessage)
        ? "The server speaks https: write https:// for http:// in the kubeconfig's server."
        : "Correct what the answer names.";
    case 413:
    case 422:
      return "Correct what the answer names.";
    case 429:
      return "Try again when the cluster is less busy.";
    default:
      return "Look at the API server's log, or at the health of the aggregated API or webhook that the answer names; then try again.";
  }
}

function forbiddenAdvice(api: ApiAnswer, intent: Intent): string {
  if (api.causes.some((cause) => cause.reason === "NamespaceTerminating")) {
    return `Wait until namespace "${intent.namespace}" is gone, then try again.`;
  }
  if (/ cannot \w+ (resource|path) /.test(api.serverMessage) || api.serverMessage === "") {
    return `Grant the user the right ${describeRight(intent)}.`;
  }
  if (/attempting to grant RBAC permissions not currently held/.test(api.serverMessage)) {
    return 'Nobody may grant rights that they do not hold: do it as a user who holds these, or who has the verb "escalate" on roles ("bind", for bindings).';
  }
  return "Admission refused it, not a missing right: change what the answer names.";
}

/** Whether a 404 says that the kind is not served, rather than that the object is missing. */
export function isKindMissing(api: ApiAnswer): boolean {
  return (
    api.status === 404 &&
    /could not find the requested resource|404 page not found/i.test(api.serverMessage)
  );
}

function parseStatus(body: string): StatusBody {
  const value = parseStatusBody(body);
  if (value["kind"] !== "Status") {
    const text = body.trim().slice(0, maxQuotedCharacters);
    return { reason: "", message: text, continueToken: "", retryAfterSeconds: 0, causes: [] };
  }
  const metadata = asRecord(value["metadata"]);
  const details = asRecord(value["details"]);
  return {
    reason: textOf(value["reason"]),
    message: textOf(value["message"]),
    continueToken: textOf(metadata["continue"]),
    retryAfterSeconds: Number(details["retryAfterSeconds"] ?? 0),
    causes: asList(details["causes"]).map((cause) => ({
      reason: textOf(cause["reason"]),
      message: textOf(cause["message"]),
      field: textOf(cause["field"]),
    })),
  };
}

/** Retry-After comes as seconds from the API server; a date, as proxies may send, is not read. */
function retryAfterOf(answer: FailedAnswer, status: StatusBody): number | undefined {
  const header = /^\d+$/.test(answer.retryAfter) ? Number(answer.retryAfter) : 0;
  const seconds = Math.max(header, status.retryAfterSeconds || 0);
  return seconds > 0 ? seconds * 1000 : undefined;
}

function parseStatusBody(body: string): JsonRecord {
  try {
    return asRecord(decodeJson(body));
  } catch {
    // Not JSON: a proxy or load balancer answered; its text is quoted as it is.
    return asRecord(undefined);
  }
}
