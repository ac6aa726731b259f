/** Who executes a run, so that others can tell whether it is alive. */
export interface RunOwner {
  readonly host: string;
  /** Kernel's boot id: a pid means nothing after a reboot. */
  readonly bootId: string;
  readonly pid: number;
}

/**
 * What is known of an owner's process: `gone` and `alive` only for this machine and boot, and
 * `unknown` for every other.
 */
export type Liveness = (owner: RunOwner) => "gone" | "alive" | "unknown";
