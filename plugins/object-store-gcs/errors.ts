import { ArkError, type ErrorCode } from "../../src/plugin-sdk/object-store.ts";
import { type Answer, readAnswer } from "../shared-google/answer.ts";
import {
  type Attempt,
  bucketMissing,
  errorRules,
  identityRefusals,
  type Operation,
} from "./error-rules.ts";

/** The one translation of what Google refuses. ArkErrors pass unchanged. */
export function toStoreError(thrown: unknown, attempt: Attempt): ArkError {
  if (thrown instanceof ArkError) return thrown;
  const answer = readAnswer(thrown);
  const marks = marksOf(answer, attempt.operation);
  const rule = errorRules.find(({ names }) => marks.some((mark) => names.includes(mark)));
  const advice = rule?.advice(attempt);
  const { operation, key, who } = attempt;
  return new ArkError(rule?.code ?? "ARK_STORE_FAILED", sentenceFor(attempt, rule?.code), {
    tried: `${operation}${key === "" ? "" : ` ${key}`} as ${who}`,
    answer: describeAnswer(answer, attempt),
    ...(advice === undefined ? {} : { advice }),
    ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
    disposition: rule?.disposition ?? "stall",
    cause: thrown,
  });
}

/** What an error answered, after its translation; for the few places that decide by it. */
export function hasStatus(thrown: unknown, status: number): boolean {
  return thrown instanceof ArkError && readAnswer(thrown.cause).status === status;
}

/** Whether Google refused who asked, rather than what was asked. */
export function isIdentityRefusal(thrown: unknown): boolean {
  if (!(thrown instanceof ArkError)) return false;
  const { reason, status } = readAnswer(thrown.cause);
  return [reason, `HTTP ${status}`].some((mark) => identityRefusals.includes(mark));
}

/** A broken service behind the token is no wrong key: its status counts before its reason. */
function marksOf(answer: Answer, operation: Operation): readonly string[] {
  const { reason, errno, status, message, wasSent } = answer;
  const isTokenService = !wasSent && status !== undefined && (status >= 500 || status === 429);
  const missesBucket =
    status === 404 && (callsOnBucket.includes(operation) || /bucket does not exist/i.test(message));
  return [
    missesBucket ? bucketMissing : undefined,
    isTokenService ? undefined : reason,
    errno,
    status === undefined ? undefined : `HTTP ${status}`,
  ].filter((mark) => mark !== undefined);
}

/** They need no object, so a 404 means the bucket. */
const callsOnBucket: readonly Operation[] = [
  "InsertObject",
  "ListObjects",
  "GetBucket",
  "StartUpload",
];

function sentenceFor(attempt: Attempt, code: ErrorCode | undefined): string {
  const { operation, display } = attempt;
  const name = attempt.name === "" ? "" : ` ${JSON.stringify(attempt.name)}`;
  if (code === "ARK_STORE_NOT_FOUND")
    return `there is no ${things[operation] ?? "object"}${name} in ${display}`;
  if (code === "ARK_STORE_EXISTS") return `the object${name} exists already in ${display}`;
  if (code === "ARK_STORE_UNREACHABLE") return `cannot reach location ${display}`;
  if (code === "ARK_STORE_BUCKET_MISSING") return `location ${display} has no bucket`;
  return `cannot ${verbs[operation]} location ${display}`;
}

const things: Partial<Record<Operation, string>> = {
  UploadPart: "open upload of",
  CompleteUpload: "open upload of",
  ListParts: "open upload of",
};

const verbs: Readonly<Record<Operation, string>> = {
  InsertObject: "write to",
  StartUpload: "write to",
  UploadPart: "write to",
  CompleteUpload: "write to",
  ListParts: "write to",
  AbortUpload: "clean up in",
  DeleteObject: "delete from",
  GetObject: "read from",
  ListObjects: "list",
  GetBucket: "ask about",
  SignBlob: "sign URLs of",
};

function describeAnswer(answer: Answer, { endpoint }: Attempt): string {
  const { status, reason, errno, message, requestId, wasSent } = answer;
  if (status === undefined) {
    const what = errno ?? reason;
    const text = message.includes(what) || !wasSent ? message : `${what}: ${message}`;
    return `${text} (${endpoint})`;
  }
  const request = requestId === undefined ? "" : ` (request ${requestId})`;
  const name = reason.startsWith("HTTP ") ? "" : ` ${reason}`;
  return `${status}${name}: ${message}${request}`;
}
