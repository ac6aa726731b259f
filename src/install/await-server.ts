import { listAll } from "../catalog/list-objects.ts";
import { ArkError } from "../lib/errors.ts";
import { decodeJson } from "../lib/json-text.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import { selectorLabels, serverName } from "./manifests/manifest.ts";
import { manifestKind, podKind } from "./manifests/manifest-kinds.ts";

export interface AwaitServerPorts {
  readonly cluster: Pick<Cluster, "get" | "list">;
  readonly clock: Pick<Clock, "monotonicMs" | "sleep">;
  /** Told when what stands in the way changes. */
  readonly onWait: (sentence: string) => void;
}

export const readyWithinMs = 300_000;
const pollMs = 500;

interface LiveDeployment {
  readonly metadata: { readonly generation?: number };
  readonly spec: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

/**
 * Returns when all replicas of the newest Deployment are available and no older pod is left.
 * Errors: ARK_SERVER_NOT_READY, with what the pods wait for.
 */
export async function awaitServer(
  namespace: string,
  { cluster, clock, onWait }: AwaitServerPorts,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = clock.monotonicMs();
  let told = "";
  for (;;) {
    const deployment = await readDeployment(cluster, namespace, signal);
    if (deployment !== undefined && isRolledOut(deployment)) return;
    const waiting = await waitingFor(cluster, namespace, signal);
    if (waiting !== told) onWait(waiting);
    told = waiting;
    if (clock.monotonicMs() - startedAt >= readyWithinMs) throw notReady(namespace, waiting);
    await clock.sleep(pollMs, signal);
  }
}

async function readDeployment(
  cluster: Pick<Cluster, "get">,
  namespace: string,
  signal: AbortSignal,
): Promise<LiveDeployment | undefined> {
  const ref = { kind: manifestKind("Deployment"), namespace, name: serverName };
  const raw = await cluster.get(ref, { signal });
  return raw && (decodeJson(raw.bytes.toString("utf8")) as LiveDeployment);
}

function isRolledOut({ metadata, spec, status = {} }: LiveDeployment): boolean {
  const wanted = spec.replicas ?? 1;
  return (
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    status.updatedReplicas === wanted &&
    status.replicas === wanted &&
    status.availableReplicas === wanted
  );
}

interface LivePod {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name?: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly exitCode?: number; readonly message?: string };
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

async function waitingFor(
  cluster: Pick<Cluster, "list">,
  namespace: string,
  signal: AbortSignal,
): Promise<string> {
  const labelSelector = Object.entries(selectorLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const reasons: string[] = [];
  for await (const { name, bytes } of listAll(
    cluster,
    { kind: podKind, namespace, labelSelector },
    { signal },
  )) {
    const reason = reasonOf(decodeJson(bytes.toString("utf8")) as LivePod);
    if (reason !== undefined) reasons.push(`pod ${name}: ${reason}`);
  }
  return reasons.length === 0 ? "no pod is there yet" : reasons.sort().join("; ");
}

function reasonOf({ status }: LivePod): string | undefined {
  const [container] = status?.containerStatuses ?? [];
  if (container?.ready === true) return undefined;
  const initReason = initReasonOf(status?.initContainerStatuses ?? []);
  if (initReason !== undefined) return initReason;
  const { reason, message } = container?.state?.waiting ?? {};
  if (reason !== undefined) return message === undefined ? reason : `${reason}: ${message}`;
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False") return scheduled.message ?? "not scheduled";
  if (container === undefined) return status?.phase ?? "Pending";
  const restarts = container.restartCount ?? 0;
  return restarts > 0 ? `not ready, ${restarts} restarts` : "not ready";
}

/** What the first init container that has not done its work waits for, or failed with. */
function initReasonOf(statuses: readonly ContainerStatus[]): string | undefined {
  for (const { name, ready, state } of statuses) {
    const { waiting, terminated } = state ?? {};
    if (ready === true) continue;
    if (waiting !== undefined && waiting.reason !== "PodInitializing") {
      const { reason = "waiting", message } = waiting;
      return `init container ${name}: ${message === undefined ? reason : `${reason}: ${message}`}`;
    }
    if (terminated !== undefined && terminated.exitCode !== 0) {
      return `init container ${name}: ended with ${terminated.exitCode}`;
    }
  }
  return undefined;
}

function notReady(namespace: string, waiting: string): ArkError {
  return new ArkError(
    "ARK_SERVER_NOT_READY",
    `the server in namespace ${namespace} was not ready within ${readyWithinMs / 1000} s`,
    {
      answer: waiting,
      advice: `kubectl -n ${namespace} describe pods, and kubectl -n ${namespace} logs deployment/${serverName}; what was installed stays`,
    },
  );
}
