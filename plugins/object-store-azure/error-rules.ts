import type { Disposition, ErrorCode } from "../../src/plugin-sdk/object-store.ts";

/** What was being done when the store answered. */
export interface Attempt {
  /** The word of Azure's documentation: `PutBlob`. */
  readonly operation: string;
  /** The whole name of the blob, prefix included; empty for calls on the container. */
  readonly key: string;
  /** The key as callers know it, without the location's prefix. */
  readonly name: string;
  readonly container: string;
  readonly account: string;
  /** For people: `azblob://container/prefix`. */
  readonly display: string;
  readonly endpoint: string;
  /** By what the store knows who asks. */
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

/** Names of errors by which the store takes nobody's word: no right would help. */
export const identityRefusals: readonly string[] = [
  "AuthenticationFailed",
  "InvalidAuthenticationInfo",
  "NoAuthenticationInformation",
  "KeyBasedAuthenticationNotPermitted",
];

/** The first rule that names the error's name, errno or `HTTP <status>` counts. */
export const errorRules: readonly ErrorRule[] = [
  {
    names: ["token 400", "token 401", "token 403"],
    code: "ARK_STORE_DENIED",
    advice: () =>
      "check AZURE_TENANT_ID, AZURE_CLIENT_ID and the secret or certificate, and that they have not ended; the pod's identity where there is none",
  },
  {
    names: ["resource manager 401", "resource manager 403"],
    code: "ARK_STORE_DENIED",
    advice: ({ account }) =>
      `give it Microsoft.Storage/storageAccounts/listkeys/action on account ${account}, or set AZURE_STORAGE_KEY or useAAD`,
  },
  {
    names: ["resource manager 404"],
    code: "ARK_STORE_BUCKET_MISSING",
    advice: ({ account }) =>
      `no account ${account} is in that subscription and resource group: check storageAccount, subscriptionId and resourceGroup`,
  },
  {
    names: [
      "token 429",
      "token 500",
      "token 502",
      "token 503",
      "token 504",
      "resource manager 429",
    ],
    code: "ARK_STORE_FAILED",
    advice: () => "Azure asks to slow down; try again",
    disposition: "retry",
  },
  {
    names: ["ContainerNotFound", "InvalidResourceName", "ContainerDisabled", "OutOfRangeInput"],
    code: "ARK_STORE_BUCKET_MISSING",
    advice: ({ container, account }) =>
      `create the container ${JSON.stringify(container)} in account ${account}, or mend its name`,
  },
  {
    names: ["ContainerBeingDeleted", "AccountBeingCreated"],
    code: "ARK_STORE_BUCKET_MISSING",
    advice: () => "Azure is at work on it; try again in a minute",
    disposition: "retry",
  },
  {
    names: ["BlobNotFound", "ResourceNotFound"],
    code: "ARK_STORE_NOT_FOUND",
    advice: () => undefined,
  },
  {
    names: ["LeaseIdMissing", "LeaseLost", "LeaseIdMismatchWithBlobOperation"],
    code: "ARK_STORE_DENIED",
    advice: () => "somebody holds a lease on the object; break it, or wait until it ends",
  },
  {
    names: ["BlobAlreadyExists", "ConditionNotMet", "HTTP 412"],
    code: "ARK_STORE_EXISTS",
    advice: () => undefined,
  },
  {
    names: ["AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation"],
    code: "ARK_STORE_DENIED",
    advice: ({ account }) =>
      `the access key or token is not valid for account ${account}; check that it was copied whole and belongs there, and the clock of this machine`,
  },
  {
    names: ["KeyBasedAuthenticationNotPermitted"],
    code: "ARK_STORE_DENIED",
    advice: () => "the account takes no access keys: set useAAD to true",
  },
  {
    names: ["AuthorizationPermissionMismatch", "InsufficientAccountPermissions"],
    code: "ARK_STORE_DENIED",
    advice: ({ container }) =>
      `give it the role Storage Blob Data Contributor on container ${container}`,
  },
  {
    names: ["AuthorizationFailure"],
    code: "ARK_STORE_DENIED",
    advice: () =>
      "give it the role Storage Blob Data Contributor; if it has that, the account's firewall does not let this network in",
  },
  {
    names: [
      "BlobImmutableDueToPolicy",
      "BlobImmutableDueToLegalHold",
      "ContainerImmutableDueToPolicy",
    ],
    code: "ARK_STORE_DENIED",
    advice: () => "the container's immutability policy keeps the object; wait until it ends",
  },
  {
    names: ["BlobArchived", "BlobBeingRehydrated"],
    code: "ARK_STORE_DENIED",
    advice: () => "the object lies in the archive tier; rehydrate it first",
  },
  {
    names: ["InvalidBlobOrBlock", "BlockCountExceedsLimit"],
    code: "ARK_STORE_FAILED",
    advice: () =>
      "another program has begun an upload of the same name; Azure drops it a week after its last part",
  },
  {
    names: ["FeatureNotSupportedForAccount", "UnsupportedHeader", "APINotImplemented", "HTTP 501"],
    code: "ARK_STORE_UNSUPPORTED",
    advice: () => "the account lacks this feature; `backup-location test` shows what it can do",
  },
  {
    names: ["AccountIsDisabled", "PublicAccessNotPermitted", "HTTP 401", "HTTP 403"],
    code: "ARK_STORE_DENIED",
    advice: ({ container }) =>
      `give it the role Storage Blob Data Contributor on container ${container}`,
  },
  {
    names: ["InsufficientStorage", "AccountLimitExceeded", "HTTP 507"],
    code: "ARK_STORE_FULL",
    advice: () => "free space in the account, or ask Azure for a higher limit",
  },
  {
    names: ["ServerBusy", "HTTP 429", "HTTP 503"],
    code: "ARK_STORE_FAILED",
    advice: () => "the store asks to slow down; try again",
    disposition: "retry",
  },
  {
    names: [
      "InternalError",
      "OperationTimedOut",
      "Md5Mismatch",
      "HTTP 408",
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
    advice: ({ endpoint }) =>
      `no address is known for ${endpoint}; check storageAccount, AZURE_CLOUD_NAME and DNS; an account with an address of its own needs storageAccountURI`,
  },
  {
    names: ["ECONNREFUSED"],
    code: "ARK_STORE_UNREACHABLE",
    advice: () => "nothing listens there; check storageAccountURI, and that the store runs",
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
      "UNKNOWN",
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
      "the certificate is signed by a CA that is not trusted here; give that CA with caCert",
  },
  {
    names: ["ERR_TLS_CERT_ALTNAME_INVALID", "CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"],
    code: "ARK_STORE_UNREACHABLE",
    advice: () =>
      "the certificate is for another host or not valid today; check storageAccountURI and this machine's clock",
  },
  {
    names: ["EPROTO", "HPE_INVALID_CONSTANT", "ERR_SSL_WRONG_VERSION_NUMBER"],
    code: "ARK_STORE_UNREACHABLE",
    advice: () =>
      "the other side does not speak this protocol; check http or https in storageAccountURI",
  },
];
