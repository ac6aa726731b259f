import type { ResourceKind } from "../api/resource-kind.ts";
import { ArkError, toArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClusterReader } from "../ports/cluster.ts";
import type { CommandNeed, Sighting } from "./mode.ts";

const leaseKind: ResourceKind = {
  group: "coordination.k8s.io",
  version: "v1",
  resource: "leases",
  kind: "Lease",
  namespaced: true,
  verbs: ["get"],
  singular: "lease",
  shortNames: [],
  categories: [],
  preferred: true,
  subresources: [],
};

/** Clocks of two machines may differ by this much before a Lease is called stale. */
const toleratedSkewMs = 30_000;

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly renewTime?: string;
}

/** Looks for a live Lease named ark-ts, and for the kinds of velero.io only where there is one. */
export async function detectServer(
  cluster: Pick<ClusterReader, "get" | "discover">,
  namespace: string,
  need: CommandNeed,
  { clock, signal }: { readonly clock: Pick<Clock, "now">; readonly signal: AbortSignal },
): Promise<Sighting> {
  try {
    const lease = await cluster.get({ kind: leaseKind, namespace, name: "ark-ts" }, { signal });
    if (lease === undefined) return { kind: "no-lease", namespace };
    const spec = (JSON.parse(lease.bytes.toString("utf8")) as { spec?: LeaseSpec }).spec ?? {};
    if (spec.holderIdentity === undefined || spec.holderIdentity === "") {
      return { kind: "no-lease", namespace };
    }
    const renewedAt = spec.renewTime ?? "never";
    const ageMs = clock.now().getTime() - Date.parse(renewedAt);
    const liveForMs = (spec.leaseDurationSeconds ?? 0) * 1000 + toleratedSkewMs;
    const holder = spec.holderIdentity;
    if (!(ageMs <= liveForMs)) return { kind: "stale", namespace, holder, renewedAt };
    const { kinds } = await cluster.discover({ signal });
    return kinds.some((kind) => kind.group === "velero.io" && kind.resource === "backups")
      ? { kind: "live", namespace, holder }
      : { kind: "no-kinds", namespace };
  } catch (thrown) {
    // A command that needs the cluster fails by what the cluster said, not by a guess at modes.
    if (need === "cluster" && toArkError(thrown).code !== "ARK_API_FORBIDDEN") {
      throw unreachable(toArkError(thrown));
    }
    return sightingOfError(thrown, namespace, signal);
  }
}

/** The Lease is only what happened to be asked for first. */
function unreachable(error: ArkError): ArkError {
  if (error.code !== "ARK_API_UNREACHABLE") return error;
  const { answer, advice } = error;
  return new ArkError("ARK_API_UNREACHABLE", "the API server of this context cannot be reached", {
    tried: error.message,
    ...(answer !== undefined && { answer }),
    ...(advice !== undefined && { advice }),
    cause: error,
  });
}

/** What an error while looking means; anything that is no answer about a server is thrown on. */
export function sightingOfError(thrown: unknown, namespace: string, signal: AbortSignal): Sighting {
  signal.throwIfAborted();
  const error = toArkError(thrown);
  if (error.code === "ARK_API_FORBIDDEN") {
    return { kind: "forbidden", namespace, answer: error.answer ?? error.message };
  }
  if (error.code === "ARK_API_UNREACHABLE" || error.code === "ARK_KUBECONFIG_INVALID") {
    return { kind: "no-cluster", reason: error.answer ?? error.message };
  }
  throw thrown;
}
