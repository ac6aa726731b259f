import type { RawObject } from "../api/raw-object.ts";
import type { ResourceKind } from "../api/resource-kind.ts";

export interface WatchRequest {
  readonly kind: ResourceKind;
  /** Absent: over all namespaces, or cluster-scoped. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** `metadata.name=x` works for every kind, other fields for few. */
  readonly fieldSelector?: string;
  /** The events after this revision are wanted: that of a list, or of the last event or bookmark. */
  readonly resourceVersion: string;
  /** The server ends the watch after so long, or earlier. */
  readonly timeoutSeconds: number;
}

export type WatchEvent =
  | {
      /** With a selector, an object that begins to match is ADDED and one that ceases to is DELETED. */
      readonly type: "ADDED" | "MODIFIED" | "DELETED";
      /**
       * With kind and apiVersion, as a GET would give it. The last state of a deleted one, with the
       * revision of its deletion.
       */
      readonly object: RawObject;
    }
  | {
      /** Nothing up to this revision is missing. The server sends one a minute, and shortly before the end. */
      readonly type: "BOOKMARK";
      readonly resourceVersion: string;
    };

export interface ClusterWatcher {
  /**
   * One watch, in one attempt: who follows a kind (`src/runtime/reflector.ts`) watches again from
   * the last revision it has seen. Batches hold the events that arrived together, in order and
   * without gaps; a connection that breaks may take with it events that had arrived. The iteration
   * ends when the server ends the watch. It knows no time limit of its own and may be silent for as
   * long as the server likes: the caller ends a dead one by the signal, whose reason is then thrown.
   * It must be consumed to its end, returned early, or aborted.
   *
   * Errors, here or in mid-stream: ARK_API_GONE (the revision is compacted: list again),
   * ARK_API_FORBIDDEN, ARK_API_NOT_FOUND (the kind is not served), ARK_API_THROTTLED,
   * ARK_API_UNREACHABLE, ARK_API_FAILED; ARK_API_PROTOCOL (something that is no event, or the
   * watch ended inside one). A revision that the server has not reached yet is no error: it is
   * silent until then.
   */
  watch(
    request: WatchRequest,
    options: { readonly signal: AbortSignal },
  ): Promise<AsyncIterable<readonly WatchEvent[]>>;
}
