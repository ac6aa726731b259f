import type { WatchEvent, WatchRequest } from "../../ports/cluster-watch.ts";
import { toApiError } from "./api-answer.ts";
import type { CallContext } from "./call-context.ts";
import { describeTarget, type Intent, toIntent } from "./intent.ts";
import { asRecord, parseDocument } from "./json-record.ts";
import { createFixedGate } from "./request-gate.ts";
import { resourcePath, withQuery } from "./resource-path.ts";
import { type ApiRequest, asTransportError } from "./transport.ts";
import { createWatchSplitter } from "./watch-splitter.ts";

/** A watch stays open for minutes: it may not hold a place that other requests wait for. */
const noGate = createFixedGate(Number.POSITIVE_INFINITY);

/** See {@link WatchRequest}: one attempt, whose caller decides when it is dead. */
export async function watchKind(
  context: CallContext,
  request: WatchRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<readonly WatchEvent[]>> {
  const call = watchCall(request);
  const { body } = await context.transport.open(call, noGate, signal);
  const { serverUrl } = context.transport;
  const splitter = createWatchSplitter(
    `${describeTarget(call.intent)} from the API server at ${serverUrl}`,
  );
  async function* events(): AsyncGenerator<readonly WatchEvent[]> {
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        const arrived: WatchEvent[] = [];
        let failure: { readonly error: unknown } | undefined;
        try {
          for (const frame of splitter.push(chunk)) {
            if (frame.type === "ERROR") throw errorOf(frame.status, call.intent, serverUrl);
            arrived.push(frame);
          }
        } catch (error) {
          failure = { error };
        }
        if (arrived.length > 0) yield arrived;
        if (failure !== undefined) throw failure.error;
      }
      splitter.end();
    } catch (error) {
      throw asTransportError(error, call.intent, serverUrl, signal);
    } finally {
      body.destroy();
    }
  }
  return events();
}

function errorOf(status: string, intent: Intent, serverUrl: string): Error {
  const { code } = asRecord(parseDocument(Buffer.from(status), "the error of a watch"));
  const statusCode = typeof code === "number" ? code : 500;
  return toApiError({ statusCode, retryAfter: "", body: status }, intent, serverUrl);
}

function watchCall(request: WatchRequest): ApiRequest {
  const { kind, namespace, labelSelector, fieldSelector } = request;
  const { resourceVersion, timeoutSeconds } = request;
  const target = namespace === undefined ? {} : { namespace };
  return {
    intent: toIntent("watch", kind, target),
    method: "GET",
    path: withQuery(resourcePath(kind, target), {
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion,
      timeoutSeconds,
      labelSelector,
      fieldSelector,
    }),
    bodyTimeoutMs: 0,
  };
}
