import { jsonBytes } from "../lib/json-text.ts";
import type { Cluster } from "../ports/cluster.ts";
import { manifestRef } from "./manifests/manifest-kinds.ts";
import { installManager, type PlannedObject } from "./plan-server.ts";

/**
 * Applies what the plan creates or changes, in its order; once more is the same. Fields that others
 * own beside ours stay; ours are taken back. Errors: those of a write.
 */
export async function installServer(
  objects: readonly PlannedObject[],
  cluster: Pick<Cluster, "patch">,
  signal: AbortSignal,
): Promise<void> {
  for (const { manifest, decision } of objects) {
    if (decision.action === "leave") continue;
    const options = { signal, fieldManager: installManager, force: true };
    await cluster.patch(manifestRef(manifest), "apply", jsonBytes(manifest), options);
  }
}
