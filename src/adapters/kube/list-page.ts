import type { Readable } from "node:stream";
import type { RawObject } from "../../api/raw-object.ts";
import { apiVersion } from "../../api/resource-kind.ts";
import { ArkError } from "../../lib/errors.ts";
import type { ListPage, ListRequest } from "../../ports/cluster.ts";
import type { CallContext } from "./call-context.ts";
import { describeTarget, toIntent } from "./intent.ts";
import { createListSplitter, type ListSplitter } from "./list-splitter.ts";
import { readInBatches } from "./read-in-batches.ts";
import { resourcePath, withQuery } from "./resource-path.ts";
import { pauseBeforeRetry, retrying } from "./retry.ts";
import type { ApiRequest } from "./transport.ts";
import { toUnreachableError } from "./unreachable.ts";

/** So few items cross the border of two batches, where they are looked at twice. */
const batchBytes = 64 * 1024;

/** Attempts at a page whose body broke before it gave a single item. */
const attemptsWithoutItems = 4;

/**
 * Opens one page. A body that breaks before its first item is asked for again; one that breaks
 * later is not, as its items are already in the caller's hands: ARK_API_UNREACHABLE or
 * ARK_API_PROTOCOL says how many came, and the caller goes on after the last key it has.
 */
export async function openListPage(
  context: CallContext,
  request: ListRequest,
  signal: AbortSignal,
): Promise<ListPage> {
  const call = listCall(request);
  const openBody = async (): Promise<Readable> => {
    const send = () => context.transport.open(call, context.listGate, signal);
    const answer = await retrying({ ...context, signal }, send);
    return answer.body;
  };
  const first = await openBody();
  let splitter = splitterFor(request, call, context);

  async function* items(): AsyncGenerator<readonly RawObject[]> {
    let body = first;
    for (let attempt = 1; ; attempt += 1) {
      const progress = { itemCount: 0 };
      try {
        yield* splitBody(body, splitter, progress);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (progress.itemCount > 0 || attempt >= attemptsWithoutItems) {
          throw asBrokenPage(error, call, context, progress.itemCount);
        }
      }
      await pauseBeforeRetry({ ...context, signal }, attempt);
      splitter = splitterFor(request, call, context);
      body = await openBody();
    }
  }
  return { items: items(), end: () => splitter.end() };
}

/** `progress` counts what has been handed out, also when this ends with an error. */
async function* splitBody(
  body: Readable,
  splitter: ListSplitter,
  progress: { itemCount: number },
): AsyncGenerator<readonly RawObject[]> {
  for await (const chunks of readInBatches(body, batchBytes)) {
    const items = splitter.push(chunks);
    if (items.length === 0) continue;
    progress.itemCount += items.length;
    yield items;
  }
  const rest = splitter.flush();
  progress.itemCount += rest.length;
  if (rest.length > 0) yield rest;
}

function asBrokenPage(
  error: unknown,
  call: ApiRequest,
  context: CallContext,
  itemCount: number,
): ArkError {
  if (error instanceof ArkError) return error;
  const { serverUrl } = context.transport;
  const progress = `; the connection broke after ${itemCount} items of the page`;
  return toUnreachableError(error, call.intent, serverUrl, progress);
}

function splitterFor(request: ListRequest, call: ApiRequest, context: CallContext): ListSplitter {
  return createListSplitter({
    kind: request.kind.kind,
    apiVersion: apiVersion(request.kind),
    what: `${describeTarget(call.intent)} from the API server at ${context.transport.serverUrl}`,
  });
}

function listCall(request: ListRequest): ApiRequest {
  const { kind, labelSelector, fieldSelector, limit, exactResourceVersion, continueToken } =
    request;
  if (exactResourceVersion !== undefined && continueToken !== undefined) {
    throw new ArkError(
      "ARK_UNEXPECTED",
      `a page of ${kind.resource} was asked for by a revision and by a continue token at once`,
      { disposition: "bug" },
    );
  }
  const target = request.namespace === undefined ? {} : { namespace: request.namespace };
  return {
    intent: toIntent("list", kind, target),
    method: "GET",
    path: withQuery(resourcePath(kind, target), {
      limit,
      labelSelector,
      fieldSelector,
      continue: continueToken,
      resourceVersion: exactResourceVersion,
      resourceVersionMatch: exactResourceVersion === undefined ? undefined : "Exact",
    }),
  };
}
