import type { TargetName } from "../report/tally.ts";

/** A write of which nobody knows whether it was done. */
export interface UnansweredWrite {
  readonly action: "created" | "updated";
  readonly resource: string;
  /** By its place in the cluster. */
  readonly target: TargetName;
}
