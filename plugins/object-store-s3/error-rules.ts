import type { Disposition, ErrorCode } from "../../src/plugin-sdk/object-store.ts";

/** What was being done when the store answered. */
export interface Attempt {
  /** S3's own word: `PutObject`. */
  readonly operation: string;
  /** The key in the bucket, prefix included; empty for calls on the bucket. */
  readonly key: string;
  /** The key as callers know it, without the location's prefix. */
  readonly name: string;
  readonly bucket: string;
  /** For people: `s3://bucket/prefix`. */
  readonly display: string;
  readonly endpoint: string | undefined;
  /** `access key AKIA…WXYZ`, or where the credentials should have come from. */
  readonly who: string;
}

export interface ErrorRule {
  readonly names: readonly string[];
  readonly code: ErrorCode;
  readonly advice: (attempt: Attempt) => string | undefined;
  readonly disposition?: Disposition;
}

const networkAdvice =
  "check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the firewall between here and the store";

/** Mark of an answer that no S3 service gives, such as a web page. */
export const notXml = "not XML";

const unknownKey = [
  "InvalidAccessKeyId",
  "InvalidToken",
  "InvalidClientTokenId",
  "UnrecognizedClientException",
];
const wrongSecret = ["SignatureDoesNotMatch"];
const expired = ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"];
const noCredentials = ["CredentialsProviderError", "TokenProviderError", "ProviderError"];

/** Names of errors by which a store takes nobody's word: no right would help. */
export const identityRefusals = [...unknownKey, ...wrongSecret, ...expired, ...noCredentials];

/** The first rule that names the error's name, errno or `HTTP <status>` counts. */
export const errorRules: readonly ErrorRule[] = [
  {
    names: [notXml],
    code: "ARK_STORE_FAILED",
    advice: () =>
      "what answers there is not an S3 service; check s3Url (a console has another port; http or https) and the proxy",
  },
  {
    names: ["NoSuchBucket"],
    code: "ARK_STORE_BUCKET_MISSING",
    advice: ({ bucket }) => `create the bucket ${JSON.stringify(bucket)}, or mend its name`,
  },
  {
    names: ["InvalidBucketName"],
    code: "ARK_STORE_BUCKET_MISSING",
    advice: ({ bucket }) => `${JSON.stringify(bucket)} is no name of a bucket; mend it`,
  },
  {
    names: ["NoSuchKey", "NotFound", "NoSuchUpload"],
    code: "ARK_STORE_NOT_FOUND",
    advice: () => undefined,
  },
  {
    names: ["InvalidPart"],
    code: "ARK_STORE_FAILED",
    advice: () =>
      "the store lost a part, or holds one that no checkpoint names (Ceph refuses that); begin the backup again",
  },
  {
    names: ["PreconditionFailed", "HTTP 412"],
    code: "ARK_STORE_EXISTS",
    advice: () => undefined,
  },
  {
    names: ["ConditionalRequestConflict", "OperationAborted"],
    code: "ARK_STORE_FAILED",
    advice: () => "another writer was at the same key; try again",
    disposition: "retry",
  },
  {
    names: unknownKey,
    code: "ARK_STORE_DENIED",
    advice: () =>
      "the store does not know these credentials; choose others with profile or credentialsFile",
  },
  {
    names: wrongSecret,
    code: "ARK_STORE_DENIED",
    advice: () => "the secret key does not fit the access key; check that it was copied whole",
  },
  {
    names: expired,
    code: "ARK_STORE_DENIED",
    advice: () =>
      "the temporary credentials have ended; renew them, or use ones that renew themselves",
    // They are asked for before each try: somebody may be about to renew them.
    disposition: "retry",
  },
  {
    names: ["RequestTimeTooSkewed"],
    code: "ARK_STORE_DENIED",
    advice: () => "the clock of this machine differs from the store's by minutes; set it",
  },
  {
    names: noCredentials,
    code: "ARK_STORE_DENIED",
    advice: () =>
      "no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile or credentialsFile",
  },
  {
    names: [
      "PermanentRedirect",
      "AuthorizationHeaderMalformed",
      "IllegalLocationConstraintException",
      "HTTP 301",
    ],
    code: "ARK_STORE_FAILED",
    advice: () => "the bucket lies in another region; set region to the one that the answer names",
  },
  {
    names: [
      "EntityTooLarge",
      "QuotaExceeded",
      "XMinioStorageFull",
      "InsufficientStorage",
      "HTTP 507",
    ],
    code: "ARK_STORE_FULL",
    advice: () => "free space in the store, or raise its quota",
  },
  {
    names: ["InvalidObjectState", "ObjectLocked", "MethodNotAllowed"],
    code: "ARK_STORE_DENIED",
    advice: () => "the object is archived or locked by the store",
  },
  {
    names: ["NotImplemented", "XNotImplemented", "HTTP 501"],
    code: "ARK_STORE_UNSUPPORTED",
    advice: () => "the store lacks this feature; `backup-location test` shows what it can do",
  },
  {
    names: ["AccessDenied", "AllAccessDisabled", "AccountProblem", "HTTP 401", "HTTP 403"],
    code: "ARK_STORE_DENIED",
    advice: ({ operation, bucket, key }) =>
      `give it ${rightFor(operation)} on ${arnOf(bucket, key)}, or choose credentials with profile`,
  },
  {
    names: [
      "SlowDown",
      "ServiceUnavailable",
      "TooManyRequests",
      "Throttling",
      "RequestLimitExceeded",
      "HTTP 429",
      "HTTP 503",
    ],
    code: "ARK_STORE_FAILED",
    advice: () => "the store asks to slow down; try again",
    disposition: "retry",
  },
  {
    names: [
      "InternalError",
      "RequestTimeout",
      "IncompleteBody",
      "BadDigest",
      "XAmzContentSHA256Mismatch",
      "XMinioServerNotInitialized",
      "HTTP 500",
      "HTTP 502",
      "HTTP 504",
    ],
    code: "ARK_STORE_FAILED",
    advice: () => undefined,
    disposition: "retry",
  },
  {
    names: ["ENOTFOUND", "ENODATA"],
    code: "ARK_STORE_UNREACHABLE",
    advice: () =>
      "no address is known for that host; check s3Url, region and DNS; a server without a DNS name per bucket needs s3ForcePathStyle",
  },
  {
    names: ["ECONNREFUSED"],
    code: "ARK_STORE_UNREACHABLE",
    advice: () => "nothing listens there; check host and port of s3Url, and that the store runs",
    disposition: "retry",
  },
  {
    names: ["ECONNRESET"],
    code: "ARK_STORE_UNREACHABLE",
    advice: ({ endpoint }) =>
      endpoint?.startsWith("http:") === true
        ? "the other side hung up; it may speak https: check http or https in s3Url, then the network and the proxy"
        : networkAdvice,
    disposition: "retry",
  },
  {
    names: [
      "EHOSTUNREACH",
      "ENETUNREACH",
      "EPIPE",
      "EAI_AGAIN",
      "ETIMEDOUT",
      "ECONNABORTED",
      "TimeoutError",
      "ERR_PROXY_TUNNEL",
      "ERR_STREAM_PREMATURE_CLOSE",
    ],
    code: "ARK_STORE_UNREACHABLE",
    advice: () => networkAdvice,
    disposition: "retry",
  },
  {
    names: [
      "SELF_SIGNED_CERT_IN_CHAIN",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "UNABLE_TO_GET_ISSUER_CERT",
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
      "CERT_UNTRUSTED",
    ],
    code: "ARK_STORE_UNREACHABLE",
    advice: () =>
      "the store's certificate is signed by a CA that is not trusted here; give that CA with caCert",
  },
  {
    names: ["ERR_TLS_CERT_ALTNAME_INVALID"],
    code: "ARK_STORE_UNREACHABLE",
    advice: () => "the certificate is for another host; check s3Url, or set s3ForcePathStyle",
  },
  {
    names: ["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"],
    code: "ARK_STORE_UNREACHABLE",
    advice: () =>
      "the store's certificate is not valid today; renew it, or check this machine's clock",
  },
  {
    names: ["EPROTO", "HPE_INVALID_CONSTANT", "ERR_SSL_WRONG_VERSION_NUMBER"],
    code: "ARK_STORE_UNREACHABLE",
    advice: () => "the other side does not speak this protocol; check http or https in s3Url",
  },
];

function rightFor(operation: string): string {
  const rights: Readonly<Record<string, string>> = {
    HeadObject: "s3:GetObject",
    ListObjectsV2: "s3:ListBucket",
    HeadBucket: "s3:ListBucket",
    CreateMultipartUpload: "s3:PutObject",
    UploadPart: "s3:PutObject",
    CompleteMultipartUpload: "s3:PutObject",
    ListParts: "s3:ListMultipartUploadParts",
    GetObjectLockConfiguration: "s3:GetBucketObjectLockConfiguration",
  };
  return rights[operation] ?? `s3:${operation}`;
}

function arnOf(bucket: string, key: string): string {
  return bucket.startsWith("arn:")
    ? bucket
    : `arn:aws:s3:::${bucket}${key === "" ? "" : `/${key}`}`;
}
