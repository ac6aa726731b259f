/** Who executes a run, so that others can tell whether it is alive. */
export interface RunOwner {
  readonly host: string;
  /** Kernel's boot id: a pid means nothing after a reboot. */
  readonly bootId: string;
  readonly pid: number;
  /** Of a server: the term in which it executes the run. */
  readonly term?: OwnerTerm;
}

/** A leader's term: of all that name the same Lease only the one of the highest epoch may write. */
export interface OwnerTerm {
  /** As of {@link ClusterIdentity}. */
  readonly clusterId: string;
  readonly namespace: string;
  /** Its name. */
  readonly lease: string;
  readonly epoch: number;
}

/**
 * What is known of an owner's process: `gone` and `alive` only for this machine and boot, or for a
 * term of the Lease that the asker holds; `unknown` for every other.
 */
export type Liveness = (owner: RunOwner) => "gone" | "alive" | "unknown";

/**
 * For who leads in `term`: owners of earlier terms may write no more, by their own clocks, and count
 * as gone at once, wherever they ran. Later ones are alive: the asker is who may write no more.
 */
export function livenessInTerm(term: OwnerTerm, others: Liveness): Liveness {
  return (owner) => {
    if (owner.term === undefined) return others(owner);
    if (!isSameLease(owner.term, term)) return "unknown";
    return owner.term.epoch < term.epoch ? "gone" : "alive";
  };
}

function isSameLease(left: OwnerTerm, right: OwnerTerm): boolean {
  return (
    left.clusterId === right.clusterId &&
    left.namespace === right.namespace &&
    left.lease === right.lease
  );
}
