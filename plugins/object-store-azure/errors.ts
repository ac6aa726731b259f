import { ArkError, type ErrorCode } from "../../src/plugin-sdk/object-store.ts";
import { AzureFailure, retryAfterMsOf } from "../shared-azure/failure.ts";
import { type Attempt, errorRules, identityRefusals } from "./error-rules.ts";

interface Answer {
  /** Azure's own word: `BlobNotFound`; or the errno. */
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** Who answered, where it was not the store. */
  readonly service: string | undefined;
}

/** The one translation of what the library and Azure's other services throw. ArkErrors pass unchanged. */
export function toStoreError(thrown: unknown, attempt: Attempt): ArkError {
  if (thrown instanceof ArkError) return thrown;
  const answer = readAnswer(thrown);
  const marks = marksOf(answer, attempt);
  const rule = errorRules.find(({ names }) => marks.some((mark) => names.includes(mark)));
  const advice = rule?.advice(attempt);
  return new ArkError(rule?.code ?? "ARK_STORE_FAILED", sentenceFor(attempt, rule?.code), {
    tried: `${attempt.operation}${attempt.key === "" ? "" : ` ${attempt.key}`} with ${attempt.who}`,
    answer: describeAnswer(answer, attempt),
    ...(advice === undefined ? {} : { advice }),
    ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
    disposition: rule?.disposition ?? "stall",
    cause: thrown,
  });
}

/** The name or status by which Azure tells this error, for the few places that decide by it. */
export function isAnswer(thrown: unknown, ...marks: readonly string[]): boolean {
  const original = thrown instanceof ArkError ? thrown.cause : thrown;
  const { name, status } = readAnswer(original);
  return marks.includes(name) || (status !== undefined && marks.includes(`HTTP ${status}`));
}

/** Whether the store refused who asked, rather than what was asked. */
export function isIdentityRefusal(thrown: unknown): boolean {
  if (!(thrown instanceof ArkError)) return false;
  const { service, status } = readAnswer(thrown.cause);
  return service !== undefined ? status !== undefined : isAnswer(thrown, ...identityRefusals);
}

function marksOf({ name, status, service }: Answer, { key }: Attempt): readonly string[] {
  const http = status === undefined ? [] : [`HTTP ${status}`];
  // A 404 without a name, to a call that needs no blob.
  const bare = status === 404 && key === "" ? ["ContainerNotFound"] : [];
  const other =
    service === undefined || status === undefined ? [] : [`${service} ${status}`, service];
  return [...other, name, ...bare, ...http];
}

function readAnswer(thrown: unknown): Answer {
  const nothing = { status: undefined, requestId: undefined, retryAfterMs: undefined };
  if (thrown instanceof AzureFailure) {
    const { code, message, status, requestId, retryAfterMs, service } = thrown;
    return { name: code, message, status, requestId, retryAfterMs, service };
  }
  if (!(thrown instanceof Error)) {
    return { ...nothing, name: "UnknownError", message: String(thrown), service: undefined };
  }
  const { code, statusCode, details, response, errors } = thrown as RestErrorLike;
  // Several addresses were tried: the first failure speaks for all.
  if (Array.isArray(errors) && errors[0] instanceof Error) return readAnswer(errors[0]);
  const headers = response?.headers?.toJSON?.() ?? {};
  const named = [headers["x-ms-error-code"], details?.errorCode, code].find(
    (one): one is string => typeof one === "string" && one !== "",
  );
  return {
    name: named ?? thrown.name,
    message: firstLine(thrown.message === "" ? thrown.name : thrown.message),
    status: typeof statusCode === "number" ? statusCode : undefined,
    requestId: headers["x-ms-request-id"],
    retryAfterMs: retryAfterMsOf(headers),
    service: undefined,
  };
}

/** What the library's errors have, read without trust. */
interface RestErrorLike {
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly details?: { readonly errorCode?: unknown };
  readonly response?: { readonly headers?: { toJSON?: () => Record<string, string> } };
  readonly errors?: unknown;
}

function sentenceFor(attempt: Attempt, code: ErrorCode | undefined): string {
  const { operation, display } = attempt;
  const name = attempt.name === "" ? "" : ` ${JSON.stringify(attempt.name)}`;
  if (code === "ARK_STORE_NOT_FOUND") return `there is no object${name} in ${display}`;
  if (code === "ARK_STORE_EXISTS") return `the object${name} exists already in ${display}`;
  if (code === "ARK_STORE_UNREACHABLE") return `cannot reach location ${display}`;
  if (code === "ARK_STORE_BUCKET_MISSING") return `location ${display} has no container`;
  return `cannot ${verbs[operation] ?? "use"} location ${display}`;
}

const verbs: Readonly<Record<string, string>> = {
  PutBlob: "write to",
  PutBlock: "write to",
  PutBlockList: "write to",
  GetBlockList: "read from",
  DeleteBlob: "delete from",
  GetBlob: "read from",
  GetBlobProperties: "read from",
  ListBlobs: "list",
};

function describeAnswer(answer: Answer, { endpoint }: Attempt): string {
  const { name, message, status, requestId, service } = answer;
  const from = service === undefined ? "" : `${services[service] ?? service}: `;
  if (status === undefined) {
    const where = service === undefined ? ` (${endpoint})` : "";
    return `${from}${message.includes(name) ? message : `${name}: ${message}`}${where}`;
  }
  const request = requestId === undefined ? "" : ` (request ${requestId})`;
  const words = message === name || message === "" ? "" : `: ${message}`;
  return `${from}${status} ${name}${words}${request}`;
}

const services: Readonly<Record<string, string>> = {
  token: "Microsoft Entra",
  "resource manager": "Azure Resource Manager",
};

/** The lines after it repeat request id and time. */
function firstLine(message: string): string {
  const line = (message.split("\n")[0] ?? "").replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
