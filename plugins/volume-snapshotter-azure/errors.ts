import { ArkError, type ErrorCode } from "../../src/plugin-sdk/volume-snapshotter.ts";
import { AzureFailure } from "../shared-azure/failure.ts";

/** What was being done when Azure answered. */
export interface Attempt {
  /** What Azure calls the right to it: `Microsoft.Compute/snapshots/write`. */
  readonly right: string;
  /** For people: `make a snapshot of disk "pvc-1"`. */
  readonly doing: string;
  /** For people: `disk "pvc-1"`. */
  readonly subject: string;
  /** For people: `a snapshot of disk "pvc-1" was made`; only of calls that make something. */
  readonly makes?: string;
  /** For people: `velero.io/azure in location "disks"`. */
  readonly display: string;
}

/** The same, where no failure leaves open what was made. */
export const withoutMaking = ({ makes: _makes, ...attempt }: Attempt): Attempt => attempt;

interface ErrorRule {
  readonly names: readonly string[];
  readonly code: ErrorCode;
  readonly advice: (attempt: Attempt) => string;
}

/** Azure asks to be asked less often: the call itself has done nothing. */
const slowDown: readonly string[] = ["TooManyRequests", "OperationThrottled", "HTTP 429"];

/** No request has left, or none has arrived. */
const neverSent: readonly string[] = [
  "ENOTFOUND",
  "ENODATA",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_PROXY_TUNNEL",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "CERT_HAS_EXPIRED",
];

/** Not SubscriptionNotFound: credentials of another tenant are told so too. */
const gone: readonly string[] = ["ResourceNotFound", "ResourceGroupNotFound", "NotFound"];

/** The first rule that names the answer's code, or `HTTP <status>`, counts. */
const errorRules: readonly ErrorRule[] = [
  {
    names: gone,
    code: "ARK_PROVIDER_FAILED",
    advice: () =>
      "it was deleted at Azure, or lies in another resource group or subscription than is written here",
  },
  {
    names: ["SubscriptionNotFound", "InvalidSubscriptionId", "InvalidAuthenticationTokenTenant"],
    code: "ARK_PROVIDER_DENIED",
    advice: () => "the credentials are of a tenant that does not have this subscription",
  },
  {
    names: ["AuthorizationFailed", "LinkedAuthorizationFailed", "HTTP 403"],
    code: "ARK_PROVIDER_DENIED",
    advice: ({ right }) =>
      `give these credentials the right ${right} on the resource group: reading what becomes of an operation needs it there`,
  },
  {
    names: ["HTTP 401"],
    code: "ARK_PROVIDER_DENIED",
    advice: () => "the credentials are not valid there; check them, and the clock of this machine",
  },
  {
    names: slowDown,
    code: "ARK_PROVIDER_FAILED",
    advice: () =>
      "Azure asks to slow down, and went on asking: make fewer snapshots at once, or ask Azure for a higher limit",
  },
  {
    names: ["RequestDisallowedByPolicy"],
    code: "ARK_PROVIDER_DENIED",
    advice: () =>
      "an Azure Policy forbids it; where it asks for tags, give them by the location's config key tags",
  },
  {
    names: ["ScopeLocked"],
    code: "ARK_PROVIDER_DENIED",
    advice: () => "a lock lies on it, its resource group or its subscription: remove the lock",
  },
  {
    names: ["OperationNotAllowed", "QuotaExceeded", "SnapshotCountExceeded"],
    code: "ARK_PROVIDER_FAILED",
    advice: () => "delete snapshots or disks that are not needed, or ask Azure for a higher quota",
  },
  {
    names: ["ENOTFOUND", "ENODATA"],
    code: "ARK_PROVIDER_UNREACHABLE",
    advice: () => "no address is known for it: check AZURE_CLOUD_NAME, and DNS",
  },
  {
    names: [
      ...neverSent,
      "ECONNRESET",
      "EPIPE",
      "ETIMEDOUT",
      "ECONNABORTED",
      "ERR_STREAM_PREMATURE_CLOSE",
      "EPROTO",
    ],
    code: "ARK_PROVIDER_UNREACHABLE",
    advice: () =>
      "check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the firewall between here and Azure",
  },
];

/** What may be done about a failure. */
export interface Verdict {
  /** Azure has done nothing, and asks for less. */
  readonly isSlowDown: boolean;
  /** It may go away by itself: the network, or Azure within. */
  readonly isPassing: boolean;
  /** Whether a call that makes something has made it, cannot be told. */
  readonly isUnknown: boolean;
  /** What was asked about does not exist. */
  readonly isGone: boolean;
  /** Something is in the way: another operation on the same resource, or the name. */
  readonly isConflict: boolean;
  readonly retryAfterMs: number | undefined;
}

export function judge(thrown: unknown): Verdict {
  if (!(thrown instanceof AzureFailure)) return harmless;
  const { status = 0, retryAfterMs, service } = thrown;
  const marks = marksOf(thrown);
  const has = (names: readonly string[]): boolean => marks.some((mark) => names.includes(mark));
  const isSlowDown = has(slowDown);
  const isPassing = status === 0 || status >= 500;
  // Without a token the call itself was never made.
  const wasSent = service !== "token" && !has(neverSent);
  return {
    ...{ isSlowDown, isPassing, retryAfterMs },
    isUnknown: isPassing && wasSent && !isSlowDown,
    isGone: status === 404 && has(gone),
    isConflict: status === 409 || status === 412,
  };
}

const harmless: Verdict = {
  isSlowDown: false,
  isPassing: false,
  isUnknown: false,
  isGone: false,
  isConflict: false,
  retryAfterMs: undefined,
};

/** The one translation of what Azure answers. ArkErrors pass unchanged. */
export function toProviderError(thrown: unknown, attempt: Attempt): ArkError {
  if (thrown instanceof ArkError) return thrown;
  const { doing, makes, display } = attempt;
  const story = { tried: `${doing}: ${attempt.right}`, answer: answerOf(thrown), cause: thrown };
  if (makes !== undefined && judge(thrown).isUnknown) {
    return unknownOutcome(thrown, attempt);
  }
  if (thrown instanceof AzureFailure && thrown.service === "token") {
    return new ArkError(
      judge(thrown).isPassing ? "ARK_PROVIDER_UNREACHABLE" : "ARK_PROVIDER_DENIED",
      `${display} cannot sign in to Azure to ${doing}`,
      { ...story, advice: "check the credentials: tenant, client and secret, or the identity" },
    );
  }
  const rule = errorRules.find(({ names }) => marksOf(thrown).some((one) => names.includes(one)));
  return new ArkError(rule?.code ?? "ARK_PROVIDER_FAILED", `${display} cannot ${doing}`, {
    ...story,
    ...(rule === undefined ? {} : { advice: rule.advice(attempt) }),
  });
}

/** An operation that Azure took, and that came to nothing: in Azure's own words. */
export function operationFailed(
  words: string,
  { doing, display }: Attempt,
  left?: string,
): ArkError {
  const rest = left === undefined ? "nothing of it is left" : `remove ${left} at Azure`;
  return new ArkError("ARK_PROVIDER_FAILED", `${display} cannot ${doing}: it has failed at Azure`, {
    answer: words,
    advice: `${rest}; mend what Azure says, and try again`,
  });
}

/** Azure has taken the call, and what came of it cannot be seen. */
export function unknownOutcome(thrown: unknown, { makes = "it was done" }: Attempt): ArkError {
  const { message, answer } =
    thrown instanceof ArkError ? thrown : { message: answerOf(thrown), answer: undefined };
  return new ArkError("ARK_VOLUME_OUTCOME_UNKNOWN", `it is not known whether ${makes}`, {
    answer: answer === undefined ? message : `${message}: ${answer}`,
    advice: "look for it at Azure before it is tried again: its tags name the backup",
    cause: thrown,
  });
}

/** The name is there, and what stands under it was not made by this call. */
export function nameTaken(id: string, { doing, display }: Attempt): ArkError {
  return new ArkError(
    "ARK_PROVIDER_FAILED",
    `${display} cannot ${doing}: ${JSON.stringify(id)} is there already, and ark-ts did not make it for this`,
    { advice: "it is left as it is; look at it at Azure, and rename or remove it" },
  );
}

export function notFound({ doing, display }: Attempt): never {
  throw new ArkError("ARK_PROVIDER_FAILED", `${display} cannot ${doing}: Azure has none there`, {
    advice:
      "it was deleted at Azure, or lies in another resource group or subscription than is written here",
  });
}

export function tookTooLong(apiTimeout: string, { doing, display }: Attempt): ArkError {
  return new ArkError(
    "ARK_PROVIDER_FAILED",
    `${display} cannot ${doing}: Azure was still at it after ${apiTimeout}`,
    { advice: "try again, or give the location's config key apiTimeout a longer time" },
  );
}

function marksOf(thrown: unknown): readonly string[] {
  if (!(thrown instanceof AzureFailure)) return [];
  const { code, status } = thrown;
  return status === undefined ? [code] : [code, `HTTP ${status}`];
}

function answerOf(thrown: unknown): string {
  if (!(thrown instanceof AzureFailure)) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
  const { code, message, status, requestId } = thrown;
  if (status === undefined) return message.includes(code) ? message : `${code}: ${message}`;
  const request = requestId === undefined ? "" : ` (request ${requestId})`;
  const words = message === "" || message === code ? "" : `: ${message}`;
  return `${code === `HTTP ${status}` ? status : `${status} ${code}`}${words}${request}`;
}
