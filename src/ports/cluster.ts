import type { RawObject } from "../api/raw-object.ts";
import type { ResourceKind } from "../api/resource-kind.ts";
import { ArkError, type ErrorCode, type ErrorStory } from "../lib/errors.ts";
import type { ClusterWatcher } from "./cluster-watch.ts";
import type { PodExec } from "./pod-exec.ts";

/** Who a cluster is, so that a backup can name where it came from. */
export interface ClusterIdentity {
  /** uid of namespace kube-system, or a digest where that may not be read. */
  readonly id: string;
  readonly idSource: "kube-system-uid" | "server-digest";
  /** The digest, of the server's CA and URL, whatever `id` is. */
  readonly serverSha256: string;
  readonly serverUrl: string;
  /** Name of the kubeconfig context; empty in a pod. */
  readonly context: string;
  readonly gitVersion: string;
  readonly major: string;
  readonly minor: string;
}

export interface GroupFailure {
  /** Group, or group/version where only that one failed. */
  readonly group: string;
  readonly versions: readonly string[];
  readonly reason: string;
}

export interface Discovery {
  /** All served versions of all kinds; subresources are folded into `subresources`. */
  readonly kinds: readonly ResourceKind[];
  /** Groups that discovery names but whose resources could not be learned. */
  readonly failures: readonly GroupFailure[];
}

export interface ListRequest {
  readonly kind: ResourceKind;
  /** Absent: over all namespaces, or cluster-scoped. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** `metadata.name=x` works for every kind, other fields for few. */
  readonly fieldSelector?: string;
  /** 0: the whole list in one page. */
  readonly limit: number;
  /** First page only: `resourceVersionMatch=Exact`. Must be absent with `continueToken`. */
  readonly exactResourceVersion?: string;
  readonly continueToken?: string;
}

export interface ListPageEnd {
  readonly resourceVersion: string;
  /** Absent on the last page. */
  readonly continueToken?: string;
  /** Absent when the server does not tell (selectors, last page). */
  readonly remainingItemCount?: number;
  readonly itemCount: number;
}

/**
 * One page. `items` yields batches while the body arrives: slow consumption slows the server
 * down. `items` must be consumed to its end or returned early; `end` is known afterwards only.
 */
export interface ListPage {
  readonly items: AsyncIterable<readonly RawObject[]>;
  /** Throws ARK_API_PROTOCOL when asked before `items` has ended, or the body broke off. */
  end(): ListPageEnd;
}

export interface ObjectRef {
  readonly kind: ResourceKind;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

export interface CallOptions {
  readonly signal: AbortSignal;
}

/** Reads of the cluster. Idempotent reads are retried by the adapter; what is thrown is final. */
export interface ClusterReader {
  identity(options: CallOptions): Promise<ClusterIdentity>;
  /** Asked anew at each call, never from a cache. One broken group is a failure, not an error. */
  discover(options: CallOptions): Promise<Discovery>;
  /**
   * Errors: ARK_API_FORBIDDEN, ARK_API_NOT_FOUND, ARK_API_GONE (an {@link ApiError}; its
   * `continueToken` is set when the server offers an inconsistent continuation), ARK_API_FAILED.
   */
  list(request: ListRequest, options: CallOptions): Promise<ListPage>;
  /** Undefined when there is no such object. */
  get(ref: ObjectRef, options: CallOptions): Promise<RawObject | undefined>;
  /**
   * The OpenAPI v3 document, parsed, of an `apiVersion` such as `apps/v1`; undefined when the server
   * has none, or this user may not read it.
   */
  openApi(apiVersion: string, options: CallOptions): Promise<unknown>;
  /** Asks whether this user may do `verb` on the kind (SelfSubjectAccessReview). */
  can(verb: string, kind: ResourceKind, namespace: string, options: CallOptions): Promise<boolean>;
}

export interface WriteOptions extends CallOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  /**
   * Called right before each attempt leaves, repeated ones included; what it throws ends the call.
   * For who may write only as long as something holds, by the clock and not by a timer.
   */
  readonly fence?: () => void;
}

export type PatchType = "merge" | "json" | "strategic" | "apply";

/** Writes. Each is tried until the server's answer is certain; a create is never sent twice blindly. */
export interface ClusterWriter {
  /**
   * Errors: ARK_API_CONFLICT with `reason` AlreadyExists; ARK_API_INVALID; ARK_API_FORBIDDEN. Of
   * every write: ARK_API_FAILED with status 0 where the server never answers it, but still answers
   * a GET of the object.
   */
  create(ref: ObjectRef, body: Uint8Array, options: WriteOptions): Promise<RawObject>;
  patch(
    ref: ObjectRef,
    type: PatchType,
    body: Uint8Array,
    options: WriteOptions & { readonly subresource?: string; readonly force?: boolean },
  ): Promise<RawObject>;
  /** PUT. `body` carries the resourceVersion it replaces, when that matters. */
  replace(
    ref: ObjectRef,
    body: Uint8Array,
    options: WriteOptions & { readonly subresource?: string },
  ): Promise<RawObject>;
  /** Idempotent: a missing object is success and answers false. */
  remove(
    ref: ObjectRef,
    options: WriteOptions & {
      /** Preconditions: another uid or revision is ARK_API_CONFLICT. */
      readonly uid?: string;
      readonly resourceVersion?: string;
      readonly propagation?: "Background" | "Foreground" | "Orphan";
    },
  ): Promise<boolean>;
}

export interface Cluster extends ClusterReader, ClusterWriter, ClusterWatcher, PodExec {
  close(): Promise<void>;
}

/** What the API server answered, beside the sentence. */
export interface ApiAnswer {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** `Status.reason`, such as AlreadyExists, Expired, Forbidden. */
  readonly reason: string;
  /** `Status.message`, whole. */
  readonly serverMessage: string;
  /** What was added behind it by us, a clause with its separator. */
  readonly addition?: string;
  readonly causes: readonly {
    readonly reason: string;
    readonly message: string;
    readonly field: string;
  }[];
  /** Only with status 410: goes on after the last key at another revision. */
  readonly continueToken?: string;
  readonly retryAfterMs?: number;
}

export class ApiError extends ArkError {
  readonly api: ApiAnswer;

  constructor(code: ErrorCode, message: string, api: ApiAnswer, story: ErrorStory = {}) {
    super(code, message, story);
    this.api = api;
  }
}
