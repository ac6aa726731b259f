import type { Clock } from "../../ports/clock.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { PodLogs } from "../../ports/pod-logs.ts";
import type { ServiceProxy } from "../../ports/service-proxy.ts";
import { createBlame } from "./blame-object.ts";
import type { CallContext } from "./call-context.ts";
import type { ServerAccess } from "./credentials/server-access.ts";
import { discoverKinds } from "./discover.ts";
import { execInPod } from "./exec/exec-in-pod.ts";
import { getThroughService } from "./get-through-service.ts";
import { identifyCluster } from "./identify.ts";
import { openListPage } from "./list-page.ts";
import { readOpenApi } from "./open-api.ts";
import { getObject } from "./read-object.ts";
import { readPodLog } from "./read-pod-log.ts";
import { createAdaptiveGate, createFixedGate } from "./request-gate.ts";
import { reviewAccess } from "./review-access.ts";
import { createTransport } from "./transport.ts";
import { watchKind } from "./watch-kind.ts";
import { createObject, patchObject, removeObject, replaceObject } from "./write-object.ts";

export interface ClusterOptions {
  /** Ask for compressed answers: worth it below some 30 MB/s to the API server. Default false. */
  readonly gzip?: boolean;
  /** Most list bodies that are open at once; each holds its place until it is consumed. Default 16. */
  readonly maxOpenLists?: number;
  /** Bounds of the adaptive limit for reads of single objects and writes. Default 1 to 64. */
  readonly minCalls?: number;
  readonly maxCalls?: number;
}

const defaultMaxOpenLists = 16;
const defaultMaxCalls = 64;

/**
 * The cluster behind `access`, over plain HTTP/1.1: bytes in, bytes out. Does nothing until it is
 * asked; reads are repeated when that can help, writes as ports/cluster.ts promises.
 * `close` also closes `access`.
 */
export function connectCluster(
  access: ServerAccess,
  clock: Clock,
  options: ClusterOptions = {},
): Cluster & PodLogs & ServiceProxy {
  const transport = createTransport(access, { gzip: options.gzip ?? false });
  const context: CallContext = {
    transport,
    clock,
    hasAnswered: transport.hasAnswered,
    listGate: createFixedGate(options.maxOpenLists ?? defaultMaxOpenLists),
    callGate: createAdaptiveGate(clock, {
      min: options.minCalls ?? 1,
      max: options.maxCalls ?? defaultMaxCalls,
    }),
  };
  const blame = createBlame(context);
  return {
    identity: ({ signal }) => identifyCluster(context, access, signal),
    discover: ({ signal }) => discoverKinds(context, signal),
    list: (request, { signal }) => openListPage(context, request, signal),
    get: (ref, { signal }) => getObject(context, ref, signal),
    openApi: (apiVersion, { signal }) => readOpenApi(context, apiVersion, signal),
    can: (verb, kind, namespace, { signal }) =>
      reviewAccess(context, verb, kind, namespace, signal),
    watch: (request, { signal }) => watchKind(context, request, signal),
    create: (ref, body, write) =>
      blame.of(ref, write.signal, createObject(context, ref, body, write)),
    patch: (ref, type, body, write) =>
      blame.of(ref, write.signal, patchObject(context, ref, type, body, write)),
    replace: (ref, body, write) =>
      blame.of(ref, write.signal, replaceObject(context, ref, body, write)),
    remove: (ref, remove) => blame.of(ref, remove.signal, removeObject(context, ref, remove)),
    podLog: (request, { signal }) => readPodLog(context, request, signal),
    getThroughService: (request, { signal }) => getThroughService(context, request, signal),
    exec: (request, { signal }) => execInPod({ access, clock }, request, signal),
    close: () => access.close(),
  };
}
