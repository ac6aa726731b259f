import type { RawObject } from "../api/raw-object.ts";
import type { ResourceKind } from "../api/resource-kind.ts";
import { ArkError, hasCode, toArkError } from "../lib/errors.ts";
import { decodeJson } from "../lib/json-text.ts";
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

/** How long the look may take before it counts as no answer; a run needs the cluster anyway. */
const patienceMs: Readonly<Record<CommandNeed, number | undefined>> = {
  "read-store": 3_000,
  "write-store": 10_000,
  cluster: undefined,
};

interface Looking {
  readonly clock: Pick<Clock, "now" | "sleep">;
  readonly signal: AbortSignal;
}

/**
 * Whether the kinds of velero.io are served, which everybody may ask; only then, whether a live
 * Lease named ark-ts is there. Errors: for a command that needs the cluster those of the cluster.
 */
export async function detectServer(
  cluster: Pick<ClusterReader, "get" | "discover">,
  namespace: string,
  need: CommandNeed,
  { clock, signal }: Looking,
): Promise<Sighting> {
  try {
    const limitMs = patienceMs[need];
    const look = (lookSignal: AbortSignal) => lookAround(cluster, namespace, clock, lookSignal);
    return limitMs === undefined
      ? await look(signal)
      : await withinMs(limitMs, { clock, signal }, look);
  } catch (thrown) {
    // A command that needs the cluster fails by what the cluster said, not by a guess at modes.
    if (need === "cluster") throw unreachable(toArkError(thrown));
    return sightingOfError(thrown, signal);
  }
}

async function lookAround(
  cluster: Pick<ClusterReader, "get" | "discover">,
  namespace: string,
  clock: Pick<Clock, "now">,
  signal: AbortSignal,
): Promise<Sighting> {
  const { kinds, failures } = await cluster.discover({ signal });
  const isServed =
    kinds.some((kind) => kind.group === "velero.io" && kind.resource === "backups") ||
    failures.some(({ group }) => group.split("/")[0] === "velero.io");
  if (!isServed) return { kind: "no-server" };
  const lease = await readLease(cluster, namespace, signal);
  if (lease === undefined) return { kind: "no-server" };
  if ("kind" in lease) return lease;
  const spec = (decodeJson(lease.bytes.toString("utf8")) as { spec?: LeaseSpec }).spec ?? {};
  const holder = spec.holderIdentity;
  if (holder === undefined || holder === "") return { kind: "released", namespace };
  const renewedAt = spec.renewTime ?? "never";
  const ageMs = clock.now().getTime() - Date.parse(renewedAt);
  const liveForMs = (spec.leaseDurationSeconds ?? 0) * 1000 + toleratedSkewMs;
  return ageMs <= liveForMs
    ? { kind: "live", namespace, holder }
    : { kind: "stale", namespace, holder, renewedAt };
}

/** The Lease's bytes, or that they may not be seen, which is no answer about a server. */
async function readLease(
  cluster: Pick<ClusterReader, "get">,
  namespace: string,
  signal: AbortSignal,
): Promise<RawObject | Extract<Sighting, { readonly kind: "forbidden" }> | undefined> {
  try {
    return await cluster.get({ kind: leaseKind, namespace, name: "ark-ts" }, { signal });
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_API_FORBIDDEN")) throw thrown;
    return { kind: "forbidden", answer: firstLine(thrown) };
  }
}

function firstLine(error: ArkError): string {
  return (error.answer ?? error.message).split("\n")[0] ?? "";
}

/** A process that is held up for longer has heard nothing, and that is nobody's silence. */
const turnMs = 100;

/** Passes when the event loop has gone round so often that answers could have been heard. */
async function passes(ms: number, clock: Looking["clock"], signal: AbortSignal): Promise<void> {
  for (let left = ms; left > 0; left -= turnMs) await clock.sleep(Math.min(left, turnMs), signal);
}

/** Ends the work, and does not wait for it to heed that, when the time is over. */
async function withinMs<T>(
  ms: number,
  { clock, signal }: Looking,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const done = new AbortController();
  const limit = passes(ms, clock, AbortSignal.any([signal, done.signal])).then(() => {
    late.abort(
      new ArkError("ARK_API_UNREACHABLE", "the API server did not answer", {
        answer: `no answer within ${ms / 1000} s`,
      }),
    );
    throw late.signal.reason;
  });
  try {
    return await Promise.race([work(AbortSignal.any([signal, late.signal])), limit]);
  } finally {
    done.abort();
  }
}

/** Discovery is only what happened to be asked first. */
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

/** What an error while looking means, where the cluster is asked for its server only. */
export function sightingOfError(thrown: unknown, signal: AbortSignal): Sighting {
  signal.throwIfAborted();
  const error = toArkError(thrown);
  if (error.code === "ARK_UNEXPECTED") throw thrown;
  return { kind: "no-cluster", reason: firstLine(error) };
}
