import { configMapKind } from "../api/config-map-kind.ts";
import { definitionName } from "../api/custom-resource.ts";
import { labels } from "../api/labels.ts";
import { groupResource } from "../api/resource-kind.ts";
import { veleroKinds } from "../api/velero-kinds.ts";
import { ArkError } from "../lib/errors.ts";
import type { ClusterReader } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";

export interface CheckKindsPorts {
  readonly cluster: Pick<ClusterReader, "discover" | "list">;
  readonly namespace: string;
  readonly log: Log;
}

/**
 * Errors: ARK_KIND_NOT_SERVED, naming every kind that is missing at once; those of discovery. A
 * server that has worked here and lost its kinds begins all the same: it waits for them.
 */
export async function checkKinds(
  { cluster, namespace, log }: CheckKindsPorts,
  signal: AbortSignal,
): Promise<void> {
  const { kinds } = await cluster.discover({ signal });
  const served = new Set(kinds.map((kind) => `${groupResource(kind)}/${kind.version}`));
  const missing = veleroKinds.filter(
    (kind) => !served.has(`${definitionName(kind)}/${kind.version}`),
  );
  if (missing.length === 0) return;
  const names = missing.map((kind) => `${definitionName(kind)} (${kind.version})`);
  if (await hasCopies(cluster, namespace, signal)) {
    log.write("warn", "kinds of velero.io are missing", { definitions: names });
    return;
  }
  throw new ArkError(
    "ARK_KIND_NOT_SERVED",
    `the cluster does not serve ${names.length} of the ${veleroKinds.length} kinds that the server works with: ${names.join(", ")}`,
    { advice: "install them: ark-ts install --crds-only" },
  );
}

/** As `controllers/resource-copies` keeps them. */
async function hasCopies(
  cluster: Pick<ClusterReader, "list">,
  namespace: string,
  signal: AbortSignal,
): Promise<boolean> {
  const request = { kind: configMapKind, namespace, labelSelector: labels.copyOf, limit: 1 };
  const page = await cluster.list(request, { signal });
  for await (const batch of page.items) if (batch.length > 0) return true;
  return false;
}
