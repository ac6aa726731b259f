import { decodeJson } from "../lib/json-text.ts";
import type { Cluster } from "../ports/cluster.ts";
import { readDefinition } from "./definition-store.ts";
import { manifestRef } from "./manifests/manifest-kinds.ts";
import type { PlannedObject } from "./plan-server.ts";

/** Everything of an installation as it stands in the cluster now. Errors: those of a GET. */
export async function readInstalled(
  cluster: Pick<Cluster, "get">,
  what: { readonly names: readonly string[]; readonly objects: readonly PlannedObject[] },
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (const name of what.names) found.push(await readDefinition(cluster, name, signal));
  for (const { manifest } of what.objects) {
    const raw = await cluster.get(manifestRef(manifest), { signal });
    if (raw !== undefined) found.push(decodeJson(raw.bytes.toString("utf8")));
  }
  return found.filter((one) => one !== undefined);
}
