import { ArkError, type ErrorCode } from "../../src/plugin-sdk/volume-snapshotter.ts";
import { type Answer, readAnswer } from "../shared-aws/answer.ts";

/** What was being done when EC2 answered. */
export interface Attempt {
  /** EC2's own word: `CreateSnapshot`. */
  readonly operation: string;
  /** For people: `a snapshot of volume "vol-1" was made`; only of calls that make something. */
  readonly makes?: string;
  /** For people: `volume "vol-1"`. */
  readonly subject: string;
  /** For people: `velero.io/aws in location "disks"`. */
  readonly display: string;
  readonly region: string;
}

interface ErrorRule {
  readonly names: readonly string[];
  readonly code: ErrorCode;
  readonly advice: (attempt: Attempt) => string;
}

/** EC2 asks to be asked less often: the call itself has done nothing. */
const slowDown: readonly string[] = [
  "RequestLimitExceeded",
  "Throttling",
  "ThrottlingException",
  "RequestThrottled",
  "RequestThrottledException",
  "TooManyRequestsException",
  "EC2ThrottledException",
  "BandwidthLimitExceeded",
  "SlowDown",
  "SnapshotCreationPerVolumeRateExceeded",
  "HTTP 429",
];

/** No request has left, or none has arrived. */
const neverSent: readonly string[] = [
  "CredentialsProviderError",
  "TokenProviderError",
  "ProviderError",
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

const gone: readonly string[] = ["InvalidSnapshot.NotFound"];

const right: Readonly<Record<string, string>> = {
  CreateSnapshot: "ec2:CreateSnapshot and ec2:CreateTags",
  CreateVolume: "ec2:CreateVolume and ec2:CreateTags",
};

/** The first rule that names the error's name, errno or `HTTP <status>` counts. */
const errorRules: readonly ErrorRule[] = [
  {
    names: [...gone, "InvalidVolume.NotFound"],
    code: "ARK_PROVIDER_FAILED",
    advice: ({ region }) =>
      `it was deleted at the provider, or lies in another region or account: the location names region ${region}`,
  },
  {
    names: ["UnauthorizedOperation", "AccessDenied", "HTTP 403"],
    code: "ARK_PROVIDER_DENIED",
    advice: ({ operation }) =>
      `give these credentials the right ${right[operation] ?? `ec2:${operation}`}`,
  },
  {
    names: ["AuthFailure", "InvalidClientTokenId", "SignatureDoesNotMatch", "HTTP 401"],
    code: "ARK_PROVIDER_DENIED",
    advice: () =>
      "the credentials are not valid there; check key, secret and the account's regions",
  },
  {
    names: ["RequestExpired", "ExpiredToken", "ExpiredTokenException"],
    code: "ARK_PROVIDER_DENIED",
    advice: () => "renew the credentials, and check the clock of this machine",
  },
  {
    names: ["CredentialsProviderError", "TokenProviderError", "ProviderError"],
    code: "ARK_PROVIDER_DENIED",
    advice: () =>
      "no credentials were found; give the location a credential, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  },
  {
    names: slowDown,
    code: "ARK_PROVIDER_FAILED",
    advice: () =>
      "EC2 asks to slow down, and went on asking: make fewer snapshots at once, or ask AWS for a higher limit",
  },
  {
    names: [
      "SnapshotLimitExceeded",
      "ConcurrentSnapshotLimitExceeded",
      "PendingSnapshotLimitExceeded",
      "VolumeLimitExceeded",
      "MaxIOPSLimitExceeded",
    ],
    code: "ARK_PROVIDER_FAILED",
    advice: () =>
      "wait until others are finished, delete what is not needed, or ask AWS for more of it",
  },
  {
    names: ["InvalidSnapshot.InUse"],
    code: "ARK_PROVIDER_FAILED",
    advice: () => "an image (AMI) uses the snapshot: deregister the image first",
  },
  {
    names: ["IncorrectState"],
    code: "ARK_PROVIDER_FAILED",
    advice: () => "it may not be finished yet; wait for it, and try again",
  },
  {
    names: ["ENOTFOUND", "ENODATA"],
    code: "ARK_PROVIDER_UNREACHABLE",
    advice: ({ region }) => `no address is known for EC2 in region ${region}: check it, and DNS`,
  },
  {
    names: [
      ...neverSent,
      "ECONNRESET",
      "EPIPE",
      "ETIMEDOUT",
      "ECONNABORTED",
      "TimeoutError",
      "ERR_STREAM_PREMATURE_CLOSE",
      "EPROTO",
    ],
    code: "ARK_PROVIDER_UNREACHABLE",
    advice: () =>
      "check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the firewall between here and EC2",
  },
];

/** What may be done about an error of the SDK. */
export interface Verdict {
  /** EC2 has done nothing, and asks for less. */
  readonly isSlowDown: boolean;
  /** It may go away by itself: the network, or EC2 within. */
  readonly isPassing: boolean;
  /** Whether a call that makes something has made it, cannot be told. */
  readonly isUnknown: boolean;
  /** The snapshot that was asked about does not exist. */
  readonly isGone: boolean;
  readonly retryAfterMs: number | undefined;
}

export function judge(thrown: unknown): Verdict {
  const answer = readAnswer(thrown);
  const { status = 0, retryAfterMs } = answer;
  const marks = marksOf(answer);
  const has = (names: readonly string[]): boolean => marks.some((mark) => names.includes(mark));
  const isSlowDown = has(slowDown);
  const isSilent = status === 0 && !(thrown instanceof ArkError);
  const isUnknown = !isSlowDown && !has(neverSent) && (isSilent || status < 400 || status >= 500);
  const isNetwork = isSilent && !/Provider/.test(answer.name);
  return {
    ...{ isSlowDown, isUnknown, retryAfterMs },
    isPassing: isNetwork || status >= 500,
    isGone: has(gone),
  };
}

/** The one translation of what the SDK throws. ArkErrors pass unchanged. */
export function toProviderError(thrown: unknown, attempt: Attempt): ArkError {
  if (thrown instanceof ArkError) return thrown;
  const answer = readAnswer(thrown);
  const { operation, makes, subject, display } = attempt;
  const story = {
    tried: `${operation} ${subject}`,
    answer: describeAnswer(answer),
    cause: thrown,
  };
  if (makes !== undefined && judge(thrown).isUnknown) {
    return new ArkError("ARK_VOLUME_OUTCOME_UNKNOWN", `it is not known whether ${makes}`, {
      ...story,
      advice: "look for it at the provider before it is tried again: its tags name the backup",
    });
  }
  const rule = errorRules.find(({ names }) => marksOf(answer).some((one) => names.includes(one)));
  return new ArkError(
    rule?.code ?? "ARK_PROVIDER_FAILED",
    `${display} cannot ${verbs[operation] ?? "ask about"} ${subject}`,
    { ...story, ...(rule === undefined ? {} : { advice: rule.advice(attempt) }) },
  );
}

const verbs: Readonly<Record<string, string>> = {
  CreateSnapshot: "make a snapshot of",
  CreateVolume: "make a volume of",
  DeleteSnapshot: "delete",
};

const marksOf = ({ name, errno, status }: Answer): readonly string[] =>
  [name, errno, status === undefined ? undefined : `HTTP ${status}`].filter(
    (mark) => mark !== undefined,
  );

function describeAnswer({ name, message, status, errno, requestId }: Answer): string {
  if (status === undefined) {
    const what = errno ?? name;
    return message.includes(what) ? message : `${what}: ${message}`;
  }
  const request = requestId === undefined ? "" : ` (request ${requestId})`;
  const words = message === name || message === "UnknownError" ? "" : `: ${message}`;
  return `${status} ${name}${words}${request}`;
}
