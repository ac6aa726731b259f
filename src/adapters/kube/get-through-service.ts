import type { ServiceRequest } from "../../ports/service-proxy.ts";
import type { CallContext } from "./call-context.ts";
import { toIntent } from "./intent.ts";
import { resourcePath } from "./resource-path.ts";
import { retrying } from "./retry.ts";

const services = { group: "", version: "v1", resource: "services" };

/** The API server trusts the pod unseen, as it does for every Service of its network. */
export async function getThroughService(
  context: CallContext,
  { namespace, service, port, path }: ServiceRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const target = { namespace, name: `https:${service}:${port}`, subresource: "proxy" };
  const request = {
    intent: toIntent("get", services, { ...target, name: service }),
    method: "GET" as const,
    path: `${resourcePath(services, target)}${path}`,
    accept: "*/*",
  };
  const { body } = await retrying({ ...context, signal }, () =>
    context.transport.open(request, context.callGate, signal),
  );
  return body;
}
