import { listAll } from "../catalog/list-objects.ts";
import { ArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster, ObjectRef } from "../ports/cluster.ts";
import { selectorLabels } from "./manifests/manifest.ts";
import { manifestKind, podKind } from "./manifests/manifest-kinds.ts";
import type { ServerSurvey } from "./survey-server.ts";

export interface UninstallServerPorts {
  readonly cluster: Pick<Cluster, "get" | "list" | "remove">;
  readonly clock: Pick<Clock, "monotonicMs" | "sleep">;
}

/** A pod has 30 s to end by itself; the namespace's controller goes slowly where there is much. */
const goneWithinMs = 120_000;
const pollMs = 200;

/**
 * Stops the server, and returns when no pod of it is left: nobody works on the objects of velero.io
 * any more. Errors: ARK_OBJECT_TERMINATING.
 */
export async function stopServer(
  { deployment, namespace }: ServerSurvey,
  { cluster, clock }: UninstallServerPorts,
  signal: AbortSignal,
): Promise<void> {
  if (deployment === undefined) return;
  await cluster.remove(deployment, { signal, propagation: "Background" });
  const labelSelector = Object.entries(selectorLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  await until(`pods of the server in namespace ${namespace}`, clock, signal, async () => {
    const scope = { kind: podKind, namespace, labelSelector };
    for await (const _pod of listAll(cluster, scope, { signal })) return false;
    return true;
  });
}

/**
 * Removes what is left of the installation; the namespace too, where nothing else is in it, and
 * returns when that is gone. Errors: ARK_OBJECT_TERMINATING.
 */
export async function removeServer(
  { objects, namespace, hasNamespace, others }: ServerSurvey,
  { cluster, clock }: UninstallServerPorts,
  signal: AbortSignal,
): Promise<void> {
  for (const ref of objects) await cluster.remove(ref, { signal });
  if (!hasNamespace || others.length > 0) return;
  const ref: ObjectRef = { kind: manifestKind("Namespace"), namespace: "", name: namespace };
  await cluster.remove(ref, { signal });
  await until(`namespace ${namespace}`, clock, signal, async () => {
    return (await cluster.get(ref, { signal })) === undefined;
  });
}

async function until(
  what: string,
  clock: UninstallServerPorts["clock"],
  signal: AbortSignal,
  isGone: () => Promise<boolean>,
): Promise<void> {
  const startedAt = clock.monotonicMs();
  while (!(await isGone())) {
    if (clock.monotonicMs() - startedAt >= goneWithinMs) {
      throw new ArkError(
        "ARK_OBJECT_TERMINATING",
        `still being deleted after ${goneWithinMs / 1000} s: ${what}`,
        {
          advice: "the deletion goes on in the cluster; the same command goes on where this ended",
        },
      );
    }
    await clock.sleep(pollMs, signal);
  }
}
