import type { Clock } from "../ports/clock.ts";
import type { ClusterReader, ClusterWriter } from "../ports/cluster.ts";
import type { LeaseObserver } from "./lease-observer.ts";
import { type LeaseRecord, leaseKind, readLease, writeLease } from "./lease-record.ts";
import { withinMs } from "./within-ms.ts";

/** While nothing is held: then another attempt. */
const attemptMs = 2_000;

/** The Lease over the API; whatever it learns goes to the observer. */
export interface LeaseAccess {
  /** Undefined: there is none. */
  read(signal: AbortSignal): Promise<LeaseRecord | undefined>;
  /**
   * Writes it in the state that `before` tells, and in no other: ARK_API_CONFLICT when it has
   * changed since, or was created by another.
   */
  write(
    before: LeaseRecord | undefined,
    claim: { readonly holder: string; readonly epoch: number },
    options: WriteLeaseOptions,
  ): Promise<LeaseRecord>;
}

export interface WriteLeaseOptions {
  readonly signal: AbortSignal;
  /** How long it may take. Default 2,000. */
  readonly limitMs?: number;
  readonly fence?: () => void;
}

export interface LeaseSettings {
  readonly namespace: string;
  readonly name: string;
  readonly durationMs: number;
}

export function createLeaseAccess(
  ports: {
    readonly cluster: Pick<ClusterReader, "get"> & Pick<ClusterWriter, "create" | "replace">;
    readonly clock: Clock;
  },
  { namespace, name, durationMs }: LeaseSettings,
  observer: LeaseObserver,
): LeaseAccess {
  const { cluster, clock } = ports;
  const ref = { kind: leaseKind, namespace, name };
  return {
    async read(signal) {
      const get = (limited: AbortSignal) => cluster.get(ref, { signal: limited });
      const raw = await withinMs(clock, attemptMs, signal, get);
      const lease = raw === undefined ? undefined : readLease(raw);
      observer.saw(lease);
      return lease;
    },
    async write(before, { holder, epoch }, { signal, limitMs = attemptMs, fence }) {
      const isNew = before?.epoch !== epoch;
      const claim = { holder, epoch, durationMs, now: clock.now(), isNew };
      const body = writeLease(ref, before?.object, claim);
      const fenced = fence === undefined ? {} : { fence };
      const raw = await withinMs(clock, limitMs, signal, (limited) => {
        const options = { signal: limited, ...fenced };
        return before === undefined
          ? cluster.create(ref, body, options)
          : cluster.replace(ref, body, options);
      });
      const lease = readLease(raw);
      observer.saw(lease);
      return lease;
    },
  };
}
