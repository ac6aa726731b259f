/** What handlers are given and what they answer. */
import type { Clock } from "../../../src/ports/clock.ts";
import type { User } from "./access.ts";
import type { JsonObject } from "./json.ts";
import type { KindCatalog } from "./kind-catalog.ts";
import type { ServedKind } from "./kinds.ts";
import type { Store } from "./store.ts";

/** One HTTP request, as both front doors hand it over. */
export interface ApiRequest {
  readonly method: string;
  /** Path with query. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** An iterable is sent chunk by chunk, without content-length. */
  readonly body: Buffer | Iterable<Buffer> | AsyncIterable<Buffer>;
}

/** Called before an object is stored; may change it, or throw an ApiStatus to refuse it. */
export type Admission = (attempt: {
  readonly operation: "create" | "update" | "delete";
  readonly kind: ServedKind;
  readonly object: JsonObject;
  readonly dryRun: boolean;
}) => JsonObject;

export interface ServerContext {
  readonly store: Store;
  readonly catalog: KindCatalog;
  readonly clock: Clock;
  readonly chunkBytes: number;
  readonly bookmarkMs: number;
  readonly admission: Admission | undefined;
  /** Channel protocols that pods/exec speaks; undefined: v5 and v4. */
  readonly execProtocols: readonly string[] | undefined;
}

/** A request for objects of one kind. */
export interface ResourceRequest {
  readonly kind: ServedKind;
  /** Empty for cluster-scoped kinds and for lists over all namespaces. */
  readonly namespace: string;
  /** Empty for lists, creates and deletecollection. */
  readonly name: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly user: User;
  readonly signal: AbortSignal;
}

export function jsonResponse(status: number, body: Buffer): ApiResponse {
  return { status, headers: { "content-type": "application/json" }, body };
}

const newline = Buffer.from("\n");

/** One object or document; the final newline is added. */
export function objectResponse(status: number, body: Buffer): ApiResponse {
  return jsonResponse(status, Buffer.concat([body, newline]));
}

export function nowText(clock: Clock): string {
  return clock
    .now()
    .toISOString()
    .replace(/\.\d+Z$/, "Z");
}
