import { listAll } from "../catalog/list-objects.ts";
import { decodeJson, type JsonObject } from "../lib/json-text.ts";
import type { Cluster } from "../ports/cluster.ts";
import { selectorLabels, serverName } from "./manifests/manifest.ts";
import { manifestKind, podKind } from "./manifests/manifest-kinds.ts";
import { type InstalledPlugin, installedPlugins } from "./plan-plugins.ts";
import { type LivePod, stuckInitOf, waitOf } from "./pod-waits.ts";

/** How far the pods of the server's newest Deployment are. */
export interface ServerRollout {
  /** All replicas are available, and no older pod is left. */
  readonly isDone: boolean;
  /** What stands in the way, in one sentence; empty where nothing does. */
  readonly waiting: string;
  /** Whose images bring plugins. */
  readonly plugins: readonly InstalledPlugin[];
  readonly stuck: readonly StuckPlugin[];
}

/** One that does not come into the server. */
export interface StuckPlugin extends InstalledPlugin {
  /** One of the pods that wait for it. */
  readonly pod: string;
  /** Follows the name in a sentence. */
  readonly why: string;
}

interface LiveDeployment {
  readonly metadata: { readonly generation?: number };
  readonly spec: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

/** Undefined where no Deployment of the server is in the namespace. Errors: those of reads. */
export async function readRollout(
  cluster: Pick<Cluster, "get" | "list">,
  namespace: string,
  signal: AbortSignal,
): Promise<ServerRollout | undefined> {
  const ref = { kind: manifestKind("Deployment"), namespace, name: serverName };
  const raw = await cluster.get(ref, { signal });
  if (raw === undefined) return undefined;
  const live = decodeJson(raw.bytes.toString("utf8"));
  const deployment = live as LiveDeployment;
  const plugins = installedPlugins(live as JsonObject);
  if (isRolledOut(deployment)) return { isDone: true, waiting: "", plugins, stuck: [] };
  const pods = await podsOf(cluster, namespace, signal);
  const stuck = plugins.flatMap(({ name, image }) => {
    const found = pods.find(
      ({ pod }) => stuckInitOf(pod)?.name === name && imageOf(pod, name) === image,
    );
    const why = found && stuckInitOf(found.pod)?.why;
    return found === undefined || why === undefined ? [] : [{ name, image, pod: found.name, why }];
  });
  return { isDone: false, waiting: waitingOf(deployment, pods), plugins, stuck };
}

interface NamedPod {
  readonly name: string;
  readonly pod: LivePod;
}

async function podsOf(
  cluster: Pick<Cluster, "list">,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly NamedPod[]> {
  const labelSelector = Object.entries(selectorLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const pods: NamedPod[] = [];
  const scope = { kind: podKind, namespace, labelSelector };
  for await (const { name, bytes } of listAll(cluster, scope, { signal })) {
    pods.push({ name, pod: decodeJson(bytes.toString("utf8")) as LivePod });
  }
  return pods;
}

/** A pod of an earlier image under the same name is none of this one's. */
const imageOf = ({ spec }: LivePod, container: string): string | undefined =>
  spec?.initContainers?.find(({ name }) => name === container)?.image;

function isRolledOut({ metadata, spec, status = {} }: LiveDeployment): boolean {
  const wanted = spec.replicas ?? 1;
  return (
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    status.updatedReplicas === wanted &&
    status.replicas === wanted &&
    status.availableReplicas === wanted
  );
}

function waitingOf({ status }: LiveDeployment, pods: readonly NamedPod[]): string {
  const reasons = pods.flatMap(({ name, pod }) => {
    const reason = waitOf(pod);
    return reason === undefined ? [] : [`pod ${name}: ${reason}`];
  });
  const refused = status?.conditions?.find(
    (one) => one.type === "ReplicaFailure" && one.status === "True",
  );
  if (refused !== undefined) reasons.push(`no new pod is let in: ${refused.message ?? "refused"}`);
  if (reasons.length > 0) return reasons.sort().join("; ");
  return pods.length === 0 ? "no pod is there yet" : "the former pods have not all gone yet";
}
