import type { Disposition, ErrorCode } from "../../src/plugin-sdk/object-store.ts";
import { noCredentials, noToken } from "../shared-google/answer.ts";

export type Operation =
  | "InsertObject"
  | "GetObject"
  | "DeleteObject"
  | "ListObjects"
  | "GetBucket"
  | "StartUpload"
  | "UploadPart"
  | "ListParts"
  | "CompleteUpload"
  | "AbortUpload"
  | "SignBlob";

/** What was being done when the store answered. */
export interface Attempt {
  readonly operation: Operation;
  /** The key in the bucket, prefix included; empty for calls on the bucket. */
  readonly key: string;
  /** The key as callers know it, without the location's prefix. */
  readonly name: string;
  readonly bucket: string;
  /** For people: `gs://bucket/prefix`. */
  readonly display: string;
  readonly endpoint: string;
  /** Which credentials Google sees. */
  readonly who: string;
}

export interface ErrorRule {
  readonly names: readonly string[];
  readonly code: ErrorCode;
  readonly advice: (attempt: Attempt) => string | undefined;
  readonly disposition?: Disposition;
}

const networkAdvice =
  "check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the firewall between here and Google";

/** Mark of a 404 that means the bucket. */
export const bucketMissing = "the bucket is missing";

/** Names of errors by which Google takes nobody's word: no right would help. */
export const identityRefusals = [noCredentials, noToken, "HTTP 401"];

/** The first rule that names the error's reason, errno or `HTTP <status>` counts. */
export const errorRules: readonly ErrorRule[] = [
  {
    names: [bucketMissing, "NoSuchBucket"],
    code: "ARK_STORE_BUCKET_MISSING",
    advice: ({ bucket }) => `create the bucket ${JSON.stringify(bucket)}, or mend its name`,
  },
  {
    names: ["InvalidBucketName"],
    code: "ARK_STORE_BUCKET_MISSING",
    advice: ({ bucket }) => `${JSON.stringify(bucket)} is no name of a bucket; mend it`,
  },
  {
    names: [noCredentials],
    code: "ARK_STORE_DENIED",
    advice: () =>
      "no credentials were found; name a credentialsFile, set GOOGLE_APPLICATION_CREDENTIALS, or give the pod a workload identity",
  },
  {
    names: [noToken],
    code: "ARK_STORE_DENIED",
    advice: () =>
      "Google does not take these credentials; make a new key, and check the clock of this machine",
  },
  {
    names: ["retentionPolicyNotMet", "objectUnderActiveHold", "ObjectUnderActiveHold"],
    code: "ARK_STORE_DENIED",
    advice: () => "the bucket's retention, or a hold, keeps the object",
  },
  {
    names: ["RetentionPolicyNotMet", "orgPolicyViolation"],
    code: "ARK_STORE_DENIED",
    advice: () => "a policy of the bucket or organization forbids it",
  },
  {
    names: [
      "rateLimitExceeded",
      "userRateLimitExceeded",
      "RESOURCE_EXHAUSTED",
      "SlowDown",
      "HTTP 429",
    ],
    code: "ARK_STORE_FAILED",
    advice: () => "Google asks to slow down; try again",
    disposition: "retry",
  },
  {
    names: ["quotaExceeded", "HTTP 507"],
    code: "ARK_STORE_FULL",
    advice: () => "free space in the store, or raise its quota",
  },
  {
    names: ["HTTP 401"],
    code: "ARK_STORE_DENIED",
    advice: () => "Google does not take this token; check the credentials and the clock",
    // A new token is asked for before the next try.
    disposition: "retry",
  },
  {
    names: ["HTTP 403"],
    code: "ARK_STORE_DENIED",
    advice: ({ operation, bucket, who }) =>
      operation === "SignBlob"
        ? "give it the right iam.serviceAccounts.signBlob on the service account (role Service Account Token Creator), and enable the IAM Service Account Credentials API"
        : `give ${who} the right ${rights[operation]} on the bucket ${JSON.stringify(bucket)} (role Storage Object User has all)`,
  },
  { names: ["HTTP 404"], code: "ARK_STORE_NOT_FOUND", advice: () => undefined },
  { names: ["HTTP 412"], code: "ARK_STORE_EXISTS", advice: () => undefined },
  {
    names: ["InvalidPart", "InvalidPartOrder"],
    code: "ARK_STORE_FAILED",
    advice: () => "the store lost a part; begin the backup again",
  },
  {
    names: ["BadDigest", "HTTP 408", "HTTP 500", "HTTP 502", "HTTP 503", "HTTP 504"],
    code: "ARK_STORE_FAILED",
    advice: () => undefined,
    disposition: "retry",
  },
  {
    names: ["HTTP 501"],
    code: "ARK_STORE_UNSUPPORTED",
    advice: () => "the store lacks this feature; `backup-location test` shows what it can do",
  },
  {
    names: ["ENOTFOUND", "ENODATA"],
    code: "ARK_STORE_UNREACHABLE",
    advice: () => "no address is known for that host; check storeEndpoint, universeDomain and DNS",
  },
  {
    names: ["ECONNREFUSED"],
    code: "ARK_STORE_UNREACHABLE",
    advice: () => "nothing listens there; check storeEndpoint, and that the store runs",
    disposition: "retry",
  },
  {
    names: [
      "ECONNRESET",
      "EHOSTUNREACH",
      "ENETUNREACH",
      "EPIPE",
      "EAI_AGAIN",
      "ETIMEDOUT",
      "ECONNABORTED",
      "ERR_PROXY_TUNNEL",
      "UND_ERR_CONNECT_TIMEOUT",
      "UND_ERR_HEADERS_TIMEOUT",
      "UND_ERR_BODY_TIMEOUT",
      "UND_ERR_SOCKET",
      "TimeoutError",
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
    ],
    code: "ARK_STORE_UNREACHABLE",
    advice: () =>
      "the certificate there is signed by a CA that is not trusted here; give that CA with caCert",
  },
  {
    names: ["ERR_TLS_CERT_ALTNAME_INVALID", "CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"],
    code: "ARK_STORE_UNREACHABLE",
    advice: () => "the certificate there is for another host or day; check storeEndpoint and clock",
  },
  {
    names: ["EPROTO", "HPE_INVALID_CONSTANT", "ERR_SSL_WRONG_VERSION_NUMBER"],
    code: "ARK_STORE_UNREACHABLE",
    advice: () =>
      "the other side does not speak this protocol; check http or https in storeEndpoint",
  },
];

const rights: Readonly<Record<Operation, string>> = {
  InsertObject: "storage.objects.create (and storage.objects.delete to replace)",
  GetObject: "storage.objects.get",
  DeleteObject: "storage.objects.delete",
  ListObjects: "storage.objects.list",
  GetBucket: "storage.buckets.get",
  StartUpload: "storage.multipartUploads.create",
  UploadPart: "storage.multipartUploads.create",
  ListParts: "storage.multipartUploads.listParts",
  CompleteUpload: "storage.multipartUploads.create and storage.objects.create",
  AbortUpload: "storage.multipartUploads.abort",
  SignBlob: "iam.serviceAccounts.signBlob",
};
