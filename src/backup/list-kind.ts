import type { RawObject } from "../api/raw-object.ts";
import type { ResourceKind } from "../api/resource-kind.ts";
import { nextPageLimit } from "../domain/page-limit.ts";
import { ArkError, hasCode, toArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import { ApiError, type ClusterReader, type ListRequest } from "../ports/cluster.ts";
import type { CutSequence } from "./cut.ts";

/** One chain of pages: a kind, in one namespace or over all, under one selector or none. */
export interface ListScope {
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly labelSelector?: string;
}

/** What is known about the revision of what was listed, once the list has ended. */
export interface ListOutcome {
  resourceVersion: string;
  oneRevision: boolean;
  /** Index of the cut; absent when listed outside any. */
  cut?: number;
  reason?: string;
}

/** How the page was asked for that is being read, and what an earlier process read of it. */
export interface ListCursor {
  /** `namespace/name`; names up to this one were taken by an earlier process. */
  startAfter?: string;
  continueToken?: string;
  exactResourceVersion?: string;
  /** False once objects came in another order than that of their names. */
  ordered: boolean;
}

export interface ListPorts {
  readonly cluster: ClusterReader;
  readonly clock: Clock;
  /** Absent: the kind is listed plainly. */
  readonly cuts?: CutSequence;
}

/** A page that breaks off is asked again this often before the kind counts as failed. */
const attemptsPerPage = 4;
const retryDelayMs = 500;

/**
 * Yields all objects of a scope, each name once, whatever happens to the list on the way:
 * an expired continue token, a compacted revision, a body that breaks off. `outcome` and
 * `cursor` are kept up to date; a cursor of an earlier process is where the list goes on.
 * Errors: what the API server says when the kind cannot be listed at all.
 */
export async function* listKind(
  scope: ListScope,
  ports: ListPorts,
  outcome: ListOutcome,
  signal: AbortSignal,
  cursor: ListCursor = { ordered: true },
): AsyncGenerator<readonly RawObject[]> {
  const position: Position = { lastKey: cursor.startAfter, resumeKey: cursor.startAfter, cursor };
  let limit = nextPageLimit(undefined);
  let request = firstRequest(scope, ports, { outcome, cursor, limit });
  for (let attempt = 1; ; ) {
    let bytes = 0;
    let count = 0;
    pointAt(cursor, request);
    try {
      const page = await ports.cluster.list(request, { signal });
      for await (const batch of page.items) {
        for (const object of batch) bytes += object.bytes.length;
        count += batch.length;
        const fresh = advance(position, batch);
        if (fresh.length > 0) yield fresh;
      }
      const end = page.end();
      noteRevision(outcome, request, end.resourceVersion);
      if (end.continueToken === undefined) return;
      attempt = 1;
      limit = nextPageLimit({ limit, count, bytes });
      request = { ...scope, limit, continueToken: end.continueToken };
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toArkError(thrown);
      const next = await recover(
        error,
        request,
        { scope, ports, outcome, position, limit, arrived: count },
        signal,
      );
      if (next === undefined || attempt++ >= attemptsPerPage) throw error;
      if (next.wait) await ports.clock.sleep(retryDelayMs * 2 ** (attempt - 2), signal);
      position.resumeKey = position.lastKey;
      request = next.request;
    }
  }
}

interface Position {
  /** `namespace/name` of the last object taken; lists come in this order. */
  lastKey: string | undefined;
  /** Set after a failure: names up to this one come again and were taken already. */
  resumeKey: string | undefined;
  readonly cursor: ListCursor;
}

/** Errors of a list after which no other kind would fare better. */
export const endsTheRun: ReadonlySet<string> = new Set([
  "ARK_API_UNREACHABLE",
  "ARK_API_UNAUTHORIZED",
]);

/** What lists are ordered by, in the order of etcd's keys. */
export const keyOf = (object: RawObject): string => `${object.namespace}/${object.name}`;

function pointAt(cursor: ListCursor, request: ListRequest): void {
  delete cursor.continueToken;
  delete cursor.exactResourceVersion;
  const { continueToken, exactResourceVersion } = request;
  if (continueToken !== undefined) cursor.continueToken = continueToken;
  if (exactResourceVersion !== undefined) cursor.exactResourceVersion = exactResourceVersion;
}

function advance(position: Position, batch: readonly RawObject[]): readonly RawObject[] {
  const seen = position.resumeKey;
  const fresh = seen === undefined ? batch : batch.filter((object) => keyOf(object) > seen);
  for (const object of fresh) {
    const key = keyOf(object);
    if (position.lastKey !== undefined && key <= position.lastKey) position.cursor.ordered = false;
    position.lastKey = key;
  }
  return fresh;
}

function firstRequest(
  scope: ListScope,
  ports: ListPorts,
  start: { readonly outcome: ListOutcome; readonly cursor: ListCursor; readonly limit: number },
): ListRequest {
  const { outcome, cursor, limit } = start;
  const { continueToken, exactResourceVersion } = cursor;
  if (continueToken !== undefined) return { ...scope, limit, continueToken };
  if (exactResourceVersion !== undefined) return { ...scope, limit, exactResourceVersion };
  if (ports.cuts === undefined || cursor.startAfter !== undefined) return { ...scope, limit };
  outcome.cut = ports.cuts.current();
  return { ...scope, limit, exactResourceVersion: revisionOf(ports.cuts, outcome.cut) };
}

function revisionOf(cuts: CutSequence, index: number): string {
  const cut = cuts.cuts[index];
  if (cut === undefined) throw new ArkError("ARK_UNEXPECTED", `there is no cut ${index}`);
  return cut.resourceVersion;
}

function noteRevision(outcome: ListOutcome, request: ListRequest, revision: string): void {
  const exact = request.exactResourceVersion;
  if (exact !== undefined && revision !== exact) {
    leaveCut(outcome, `the API server answered revision ${revision} where ${exact} was asked`);
  }
  if (outcome.resourceVersion !== "" && outcome.resourceVersion !== revision) {
    outcome.oneRevision = false;
    leaveCut(outcome, "its pages are of several revisions");
  }
  outcome.resourceVersion = revision;
}

function leaveCut(outcome: ListOutcome, reason: string): void {
  delete outcome.cut;
  // The first reason is the cause; what follows from it would hide it.
  outcome.reason ??= reason;
}

interface Listing {
  readonly scope: ListScope;
  readonly ports: ListPorts;
  readonly outcome: ListOutcome;
  readonly position: Position;
  readonly limit: number;
  /** Objects of the page that failed. */
  readonly arrived: number;
}

/** How to go on after a failure; undefined when there is no way. */
async function recover(
  error: ArkError,
  request: ListRequest,
  listing: Listing,
  signal: AbortSignal,
): Promise<{ readonly request: ListRequest; readonly wait: boolean } | undefined> {
  if (hasCode(error, "ARK_API_GONE")) {
    const again = await afterExpiry(error, request, listing, signal);
    return again === undefined ? undefined : { request: again, wait: false };
  }
  // A server that cannot be reached was asked for half a minute already, unless a body broke off.
  const brokeOff =
    hasCode(error, "ARK_API_PROTOCOL") ||
    (hasCode(error, "ARK_API_UNREACHABLE") && listing.arrived > 0);
  if (!brokeOff || !listing.position.cursor.ordered) return undefined;
  return { request, wait: true };
}

async function afterExpiry(
  error: ArkError,
  request: ListRequest,
  listing: Listing,
  signal: AbortSignal,
): Promise<ListRequest | undefined> {
  const { scope, ports, outcome, position, limit } = listing;
  const token = error instanceof ApiError ? error.api.continueToken : undefined;
  if (token !== undefined) {
    outcome.oneRevision = false;
    leaveCut(outcome, "its continue token expired: later pages are of a later revision");
    return { ...scope, limit, continueToken: token };
  }
  if (position.lastKey === undefined && ports.cuts !== undefined && outcome.cut !== undefined) {
    outcome.cut = await ports.cuts.after(outcome.cut, signal);
    return { ...scope, limit, exactResourceVersion: revisionOf(ports.cuts, outcome.cut) };
  }
  const wasPlain =
    request.continueToken === undefined && request.exactResourceVersion === undefined;
  if (!position.cursor.ordered || wasPlain) return undefined;
  outcome.oneRevision = false;
  leaveCut(outcome, "its list expired half way: the rest is of a later revision");
  return { ...scope, limit };
}
