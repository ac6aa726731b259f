import type { PodLogRequest } from "../../ports/pod-logs.ts";
import type { CallContext } from "./call-context.ts";
import { toIntent } from "./intent.ts";
import { resourcePath, withQuery } from "./resource-path.ts";
import { retrying } from "./retry.ts";

const pods = { group: "", version: "v1", resource: "pods" };

/** Text as the kubelet has it; 64 MiB at most. */
export async function readPodLog(
  context: CallContext,
  { namespace, pod, container, previous, tailLines }: PodLogRequest,
  signal: AbortSignal,
): Promise<Buffer> {
  const target = { namespace, name: pod, subresource: "log" };
  const path = withQuery(resourcePath(pods, target), {
    container,
    tailLines,
    timestamps: "true",
    ...(previous === true && { previous: "true" }),
  });
  const request = { intent: toIntent("get", pods, target), method: "GET" as const, path };
  const answer = await retrying({ ...context, signal }, () =>
    context.transport.exchange(request, context.callGate, signal),
  );
  return answer.bytes;
}
