import { groupResource, type ResourceKind } from "../api/resource-kind.ts";
import { type ArkError, hasCode } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClusterReader } from "../ports/cluster.ts";

/** An API server stops to serve a kind some time before its discovery says so. */
const pausesMs = [500, 1_000, 2_000, 4_000];

interface Ports {
  readonly cluster: ClusterReader;
  readonly clock: Clock;
}

/**
 * Whether a kind whose LIST failed is served no more: its definition or its APIService was removed.
 * Asked only of a 404; false where discovery cannot tell. `version`: this one, else any.
 */
export async function isRemoved(
  kind: ResourceKind,
  error: ArkError,
  { cluster, clock }: Ports,
  signal: AbortSignal,
  which: "version" | "any version" = "any version",
): Promise<boolean> {
  if (!hasCode(error, "ARK_API_NOT_FOUND")) return false;
  for (const pauseMs of [0, ...pausesMs]) {
    if (pauseMs > 0) await clock.sleep(pauseMs, signal);
    const served = await isServed(kind, which, cluster, signal);
    if (served !== true) return served === false;
  }
  return false;
}

/** Undefined: it cannot be told. */
async function isServed(
  kind: ResourceKind,
  which: "version" | "any version",
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  try {
    const { kinds, failures } = await cluster.discover({ signal });
    const isIt = (one: ResourceKind): boolean =>
      groupResource(one) === groupResource(kind) &&
      (which === "any version" || one.version === kind.version);
    if (kinds.some(isIt)) return true;
    return failures.some(({ group }) => group === kind.group) ? undefined : false;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
