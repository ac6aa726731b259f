import { ArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import { serverName } from "./manifests/manifest.ts";
import { readRollout } from "./server-rollout.ts";

export interface AwaitServerPorts {
  readonly cluster: Pick<Cluster, "get" | "list">;
  readonly clock: Pick<Clock, "monotonicMs" | "sleep">;
  /** Told what stands in the way, each sentence once. */
  readonly onWait: (sentence: string) => void;
  /** What is said to who has waited in vain; default: what was installed stays. */
  readonly otherwise?: string;
}

export const readyWithinMs = 300_000;
const pollMs = 500;

/**
 * Returns when all replicas of the newest Deployment are available and no older pod is left.
 * Errors: ARK_SERVER_NOT_READY, with what the pods wait for.
 */
export async function awaitServer(
  namespace: string,
  { cluster, clock, onWait, otherwise = "what was installed stays" }: AwaitServerPorts,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = clock.monotonicMs();
  const told = new Set<string>();
  for (;;) {
    const rollout = await readRollout(cluster, namespace, signal);
    if (rollout?.isDone === true) return;
    const waiting = rollout?.waiting ?? "its Deployment is not there yet";
    if (!told.has(waiting)) onWait(waiting);
    told.add(waiting);
    if (clock.monotonicMs() - startedAt >= readyWithinMs) {
      throw notReady(namespace, waiting, otherwise);
    }
    await clock.sleep(pollMs, signal);
  }
}

function notReady(namespace: string, waiting: string, otherwise: string): ArkError {
  return new ArkError(
    "ARK_SERVER_NOT_READY",
    `the server in namespace ${namespace} was not ready within ${readyWithinMs / 1000} s`,
    {
      answer: waiting,
      advice: `kubectl -n ${namespace} describe pods, and kubectl -n ${namespace} logs deployment/${serverName}; ${otherwise}`,
    },
  );
}
