import type { ControllerContext } from "../controllers/controller-context.ts";
import type { LeaderElection } from "../runtime/leader-election.ts";
import type { Tally } from "./metrics/tally.ts";

/** What probes and metrics are made of. */
export interface ServerState {
  readonly election: Pick<LeaderElection, "isLeader" | "holder">;
  /** Of this process, in the Lease. */
  readonly identity: string;
  /** The term that is led now, or whose parts have not ended yet. */
  term:
    | {
        readonly context: ControllerContext;
        readonly epoch: number;
        readonly tally: () => Tally | undefined;
        /** What a person has to do before the server can work; undefined: nothing. */
        readonly problem: () => string | undefined;
      }
    | undefined;
}

export interface PageFacts {
  readonly engineVersion: string;
}
