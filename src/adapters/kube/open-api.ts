import { ApiError } from "../../ports/cluster.ts";
import type { CallContext } from "./call-context.ts";
import { parseDocument } from "./json-record.ts";
import { retrying } from "./retry.ts";

/** The OpenAPI v3 document of a group and version; undefined when the server has none. */
export async function readOpenApi(
  context: CallContext,
  apiVersion: string,
  signal: AbortSignal,
): Promise<unknown> {
  const parts = apiVersion.split("/").map(encodeURIComponent);
  const path = `/openapi/v3/${parts.length === 1 ? "api" : "apis"}/${parts.join("/")}`;
  const intent = { verb: "get", resource: path, namespace: "", name: "" };
  try {
    const answer = await retrying({ ...context, signal }, () =>
      context.transport.exchange(
        { intent, method: "GET", path, accept: "application/json" },
        context.callGate,
        signal,
      ),
    );
    return parseDocument(answer.bytes, `the answer of ${context.transport.serverUrl}${path}`);
  } catch (thrown) {
    if (thrown instanceof ApiError && [403, 404].includes(thrown.api.status)) return undefined;
    throw thrown;
  }
}
