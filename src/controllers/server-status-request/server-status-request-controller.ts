import { resourceKindOf } from "../../api/custom-resource.ts";
import { kubeTime } from "../../api/kube-time.ts";
import {
  type ServerStatusRequest,
  type ServerStatusRequestStatus,
  serverStatusRequestKind,
} from "../../api/server-status-request.ts";
import { runController } from "../../runtime/controller.ts";
import type { Runnable } from "../../runtime/life.ts";
import { createWorkQueue } from "../../runtime/work-queue.ts";
import { writeStatus } from "../../runtime/write-status.ts";
import type { ControllerContext } from "../controller-context.ts";

/** As in Velero: who asks looks each quarter of a second, and never deletes its request. */
const keptForMs = 60_000;

const kind = resourceKindOf(serverStatusRequestKind);

/** A plugin as `velero plugin get` shows it. */
export type ServerPlugin = NonNullable<ServerStatusRequestStatus["plugins"]>[number];

/** Answers with the server's version and plugins, and removes what was answered a minute ago. */
export function createServerStatusRequestController(
  context: ControllerContext,
  plugins: readonly ServerPlugin[],
): Runnable {
  const { caches, clock, log, cluster } = context;
  const queue = createWorkQueue(clock);
  caches.statusRequests.onChange(({ key, after }) => {
    if (after !== undefined) queue.add(key);
  });
  const reconcile = async (key: string, signal: AbortSignal) => {
    const request = caches.statusRequests.get(key);
    if (request === undefined) return undefined;
    if (request.status?.phase !== "Processed") await answer(context, plugins, request, signal);
    const leftMs = leftToLiveMs(request, clock.now());
    if (leftMs > 0) return { lookAgainAfterMs: leftMs };
    const { name, namespace = "", uid } = request.metadata;
    await cluster.remove({ kind, namespace, name }, { signal, ...(uid !== undefined && { uid }) });
    return undefined;
  };
  const name = "server-status-request";
  return {
    name,
    run: async (life, ready) => {
      ready();
      await runController({ name, queue, reconcile, concurrency: 4, log }, life);
    },
  };
}

/** One that is not answered as far as is known here is answered just now. */
function leftToLiveMs({ status }: ServerStatusRequest, now: Date): number {
  if (status?.phase !== "Processed") return keptForMs;
  const answeredMs = Date.parse(status.processedTimestamp ?? "");
  return Number.isNaN(answeredMs) ? 0 : answeredMs + keptForMs - now.getTime();
}

async function answer(
  context: ControllerContext,
  plugins: readonly ServerPlugin[],
  { metadata }: ServerStatusRequest,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace = "", uid = "" } = metadata;
  await writeStatus(
    context,
    { kind, namespace, name, uid },
    (status) =>
      status["phase"] === "Processed"
        ? undefined
        : {
            phase: "Processed",
            processedTimestamp: kubeTime(context.clock.now()),
            serverVersion: context.engineVersion,
            plugins: plugins.map(({ name, kind }) => ({ name, kind })),
          },
    { signal, fence: context.term.fence },
  );
}
