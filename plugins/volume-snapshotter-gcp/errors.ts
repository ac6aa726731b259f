import { ArkError, type ErrorCode } from "../../src/plugin-sdk/volume-snapshotter.ts";
import {
  type Answer,
  GoogleRefusal,
  isRateRefusal,
  noCredentials,
  noToken,
  readAnswer,
} from "../shared-google/answer.ts";
import type { OperationError } from "./resources.ts";

/** What was being done when Compute Engine answered. */
export interface Attempt {
  /** Google's own word: `snapshots.insert`. */
  readonly operation: string;
  /** For people: `a snapshot of disk "d" was made`; only of calls that make something. */
  readonly makes?: string;
  /** For people: `disk "d"`. */
  readonly subject: string;
  /** For people: `velero.io/gcp in location "disks"`. */
  readonly display: string;
}

interface ErrorRule {
  readonly reasons: readonly string[];
  readonly code: ErrorCode;
  readonly advice: (attempt: Attempt, answer: Answer) => string;
}

/** In answers, and in the errors of operations. */
const gone: readonly string[] = ["notFound", "HTTP 404", "RESOURCE_NOT_FOUND"];
const taken: readonly string[] = ["alreadyExists", "HTTP 409", "RESOURCE_ALREADY_EXISTS"];
const notReady: readonly string[] = ["resourceNotReady", "RESOURCE_NOT_READY"];
const sourceRate: readonly string[] = [
  "RESOURCE_OPERATION_RATE_EXCEEDED",
  "resourceOperationRateExceeded",
];

/** The first rule that names the reason, errno or `HTTP <status>` counts. */
const errorRules: readonly ErrorRule[] = [
  {
    reasons: gone,
    code: "ARK_PROVIDER_FAILED",
    advice: () =>
      "it was deleted at Google, or lies in another project or zone: look at project and volumeProject of the location",
  },
  {
    reasons: ["accessNotConfigured", "SERVICE_DISABLED"],
    code: "ARK_PROVIDER_DENIED",
    advice: () => "enable the Compute Engine API in that project, and try again in some minutes",
  },
  {
    reasons: [noCredentials, noToken, "invalid_grant", "authError", "HTTP 401"],
    code: "ARK_PROVIDER_DENIED",
    advice: () =>
      "give the location a credential (credentialsFile), or set GOOGLE_APPLICATION_CREDENTIALS to a key file that is valid, and check the clock of this machine",
  },
  {
    reasons: ["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"],
    code: "ARK_PROVIDER_DENIED",
    advice: () => "the instance's access scopes leave out Compute Engine: give it cloud-platform",
  },
  {
    reasons: ["quotaExceeded", "QUOTA_EXCEEDED", "REGION_QUOTA_EXCEEDED", "limitExceeded"],
    code: "ARK_PROVIDER_FAILED",
    advice: () => "delete what is not needed, or ask Google for a higher quota",
  },
  {
    reasons: sourceRate,
    code: "ARK_PROVIDER_FAILED",
    advice: () => "Google makes a snapshot of a disk every ten minutes at most: try again later",
  },
  {
    reasons: ["ZONE_RESOURCE_POOL_EXHAUSTED", "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS"],
    code: "ARK_PROVIDER_FAILED",
    advice: () => "the zone has no room for such a disk at the moment: try again later",
  },
  {
    reasons: ["resourceInUseByAnotherResource", "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE"],
    code: "ARK_PROVIDER_FAILED",
    advice: () => "what is named there uses it: remove that first",
  },
  {
    reasons: notReady,
    code: "ARK_PROVIDER_FAILED",
    advice: () => "it may not be finished yet; wait for it, and try again",
  },
  {
    reasons: ["forbidden", "PERMISSION_DENIED", "IAM_PERMISSION_DENIED", "HTTP 403"],
    code: "ARK_PROVIDER_DENIED",
    advice: (_attempt, answer) =>
      `give these credentials the right ${missingRight(answer) ?? "that is named there"}`,
  },
];

const slowDownAdvice =
  "Google asks to slow down, and went on asking: make fewer snapshots at once, or ask Google for a higher rate quota";
const networkAdvice =
  "check the network, the proxy (HTTPS_PROXY, NO_PROXY), DNS and the firewall between here and compute.googleapis.com";

/** What may be done about an error. */
export interface Verdict {
  /** Google has done nothing, and asks for less. */
  readonly isSlowDown: boolean;
  /** It may go away by itself: the network, or Google within. */
  readonly isPassing: boolean;
  /** Whether a call that makes something has made it, cannot be told. */
  readonly isUnknown: boolean;
  readonly isGone: boolean;
  /** There is one of that name. */
  readonly isTaken: boolean;
  /** What it needs is being made, or removed. */
  readonly isNotReady: boolean;
  /** The right to set labels is missing: all else may be allowed. */
  readonly isAboutLabels: boolean;
  /** A right is missing. */
  readonly isDenied: boolean;
  readonly retryAfterMs: number | undefined;
}

export function judge(thrown: unknown): Verdict {
  const answer = answerOf(thrown);
  const { status = 0, wasSent, retryAfterMs } = answer;
  const isSlowDown = isRateRefusal(answer) && !has(answer, sourceRate);
  const isOurs = thrown instanceof ArkError && !(thrown.cause instanceof GoogleRefusal);
  const isSilent = status === 0 && !isOurs && !has(answer, [noCredentials, noToken]);
  const isDenied = status === 403 && !isSlowDown;
  return {
    ...{ isSlowDown, isDenied, retryAfterMs },
    isPassing: isSilent || status >= 500,
    isUnknown: wasSent && !isSlowDown && !isOurs && (isSilent || status >= 500),
    isGone: has(answer, gone),
    isTaken: has(answer, taken),
    isNotReady: has(answer, notReady),
    isAboutLabels: isDenied && /\.setLabels\b/.test(answer.message),
  };
}

/** Of the error itself, or of what it was translated from. */
function answerOf(thrown: unknown): Answer {
  return readAnswer(thrown instanceof ArkError ? (thrown.cause ?? thrown) : thrown);
}

/** The one translation of what Google's answers throw. ArkErrors pass unchanged. */
export function toProviderError(thrown: unknown, attempt: Attempt): ArkError {
  if (thrown instanceof ArkError) return thrown;
  const answer = readAnswer(thrown);
  const { operation, makes, subject, display } = attempt;
  const story = { tried: `${operation} ${subject}`, answer: describeAnswer(answer), cause: thrown };
  if (makes !== undefined && judge(thrown).isUnknown) {
    return new ArkError("ARK_VOLUME_OUTCOME_UNKNOWN", `it is not known whether ${makes}`, {
      ...story,
      advice: "look for it at Google before it is tried again: its description names the backup",
    });
  }
  const { code, advice } = ruleFor(answer, attempt);
  return new ArkError(code, `${display} cannot ${verbs[operation] ?? "ask about"} ${subject}`, {
    ...story,
    ...(advice === undefined ? {} : { advice }),
  });
}

/** What an operation ended with: nothing was made. */
export function toOperationError(
  { code, message, status }: OperationError,
  attempt: Attempt,
): ArkError {
  const known = { requestId: undefined, errno: undefined, retryAfterMs: undefined, wasSent: true };
  const refusal = new GoogleRefusal({ ...known, reason: code, message, status });
  const { makes: _makes, ...ended } = attempt;
  return toProviderError(refusal, ended);
}

function ruleFor(
  answer: Answer,
  attempt: Attempt,
): { readonly code: ErrorCode; readonly advice?: string } {
  const rule = errorRules.find(({ reasons }) => has(answer, reasons));
  if (isRateRefusal(answer) && rule?.reasons !== sourceRate) {
    return { code: "ARK_PROVIDER_FAILED", advice: slowDownAdvice };
  }
  if (rule !== undefined) return { code: rule.code, advice: rule.advice(attempt, answer) };
  return answer.status === undefined
    ? { code: "ARK_PROVIDER_UNREACHABLE", advice: networkAdvice }
    : { code: "ARK_PROVIDER_FAILED" };
}

/** `Required 'compute.snapshots.create' permission for 'projects/…'`. */
const missingRight = ({ message }: Answer): string | undefined =>
  /\bcompute\.[a-zA-Z]+\.[a-zA-Z]+\b/.exec(message)?.[0];

const verbs: Readonly<Record<string, string>> = {
  "snapshots.insert": "make a snapshot of",
  "disks.insert": "make a disk of",
  "snapshots.delete": "delete",
};

function has({ reason, errno, status }: Answer, names: readonly string[]): boolean {
  const marks = [reason, errno, status === undefined ? undefined : `HTTP ${status}`];
  return marks.some((mark) => mark !== undefined && names.includes(mark));
}

function describeAnswer({ reason, message, status, errno }: Answer): string {
  const what = [status, errno ?? reason].filter((one) => one !== undefined).join(" ");
  return message === "" || message === reason ? what : `${what}: ${message}`;
}
