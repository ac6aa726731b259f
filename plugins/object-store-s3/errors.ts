import { ArkError, type ErrorCode } from "../../src/plugin-sdk/object-store.ts";
import { type Answer, readAnswer } from "../shared-aws/answer.ts";
import { type Attempt, errorRules, identityRefusals, notXml } from "./error-rules.ts";

/** The one translation of what the SDK throws. ArkErrors pass unchanged. */
export function toStoreError(thrown: unknown, attempt: Attempt): ArkError {
  if (thrown instanceof ArkError) return thrown;
  const answer = readAnswer(thrown);
  const marks = missesBucket(answer, attempt) ? ["NoSuchBucket"] : marksOf(answer);
  const rule = errorRules.find(({ names }) => marks.some((mark) => names.includes(mark)));
  const advice = rule?.advice(attempt);
  // The SDK has noted the difference of the clocks: the next try is signed with the right time.
  const isResigned = answer.clockCorrected && answer.status === 403;
  const disposition = isResigned ? "retry" : (rule?.disposition ?? "stall");
  return new ArkError(rule?.code ?? "ARK_STORE_FAILED", sentenceFor(attempt, rule?.code), {
    tried: `${attempt.operation}${attempt.key === "" ? "" : ` ${attempt.key}`} as ${attempt.who}`,
    answer: describeAnswer(answer, attempt),
    ...(advice === undefined ? {} : { advice }),
    ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
    disposition,
    cause: thrown,
  });
}

/** A 404 without a name, to a call that needs no object: HEAD on the bucket has no body. */
function missesBucket({ name }: Answer, { operation }: Attempt): boolean {
  return name === "NotFound" && callsOnBucket.includes(operation);
}

const callsOnBucket = ["HeadBucket", "ListObjectsV2", "PutObject", "CreateMultipartUpload"];

/** The name or status by which S3 tells this error, for the few places that decide by it. */
export function isAnswer(thrown: unknown, ...marks: readonly string[]): boolean {
  return marksOf(readAnswer(thrown)).some((mark) => marks.includes(mark));
}

/** An answer without a body, as to HEAD: it does not say what was wrong. */
export function isBareRefusal(thrown: unknown): boolean {
  if (!(thrown instanceof ArkError)) return false;
  const { name, status = 0 } = readAnswer(thrown.cause);
  const hasName = name !== "UnknownError" && /^[A-Z][a-z]+[A-Z]/.test(name);
  return [400, 401, 403].includes(status) && !hasName;
}

/** Whether the store refused who asked, rather than what was asked. */
export function isIdentityRefusal(thrown: unknown): boolean {
  return thrown instanceof ArkError && isAnswer(thrown.cause, ...identityRefusals);
}

function sentenceFor(attempt: Attempt, code: ErrorCode | undefined): string {
  const { operation, display } = attempt;
  const name = attempt.name === "" ? "" : ` ${JSON.stringify(attempt.name)}`;
  if (code === "ARK_STORE_NOT_FOUND")
    return `there is no ${things[operation] ?? "object"}${name} in ${display}`;
  if (code === "ARK_STORE_EXISTS") return `the object${name} exists already in ${display}`;
  if (code === "ARK_STORE_UNREACHABLE") return `cannot reach location ${display}`;
  if (code === "ARK_STORE_BUCKET_MISSING") return `location ${display} has no bucket`;
  return `cannot ${verbs[operation] ?? "use"} location ${display}`;
}

const things: Readonly<Record<string, string>> = {
  UploadPart: "open upload of",
  CompleteMultipartUpload: "open upload of",
  ListParts: "open upload of",
};

const verbs: Readonly<Record<string, string>> = {
  PutObject: "write to",
  CreateMultipartUpload: "write to",
  UploadPart: "write to",
  CompleteMultipartUpload: "write to",
  AbortMultipartUpload: "clean up in",
  DeleteObject: "delete from",
  GetObject: "read from",
  HeadObject: "read from",
  ListObjectsV2: "list",
};

function marksOf(answer: Answer): readonly string[] {
  const { name, errno, status } = answer;
  return [
    isNotXml(answer) ? notXml : undefined,
    name,
    errno,
    status === undefined ? undefined : `HTTP ${status}`,
  ].filter((mark) => mark !== undefined);
}

/** Balancers answer 502 to 504 with a page of their own; those count by their status. */
function isNotXml({ message, status }: Answer): boolean {
  return status !== undefined && status < 500 && message.startsWith("@aws-sdk XML parse error");
}

function describeAnswer(answer: Answer, { endpoint }: Attempt): string {
  if (answer.status === undefined) {
    const what = answer.errno === undefined ? answer.name : answer.errno;
    const where = endpoint === undefined ? "" : ` (${endpoint})`;
    return answer.message.includes(what)
      ? `${answer.message}${where}`
      : `${what}: ${answer.message}${where}`;
  }
  if (isNotXml(answer)) return `${answer.status} with a body that is no XML`;
  const request = answer.requestId === undefined ? "" : ` (request ${answer.requestId})`;
  const isBare = answer.message === answer.name || answer.message === "UnknownError";
  const message = isBare ? "" : `: ${answer.message}`;
  return `${answer.status} ${answer.name}${message}${request}`;
}
