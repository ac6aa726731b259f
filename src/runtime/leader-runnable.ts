import type { LeaderElection } from "./leader-election.ts";
import type { LeaderTerm } from "./leader-term.ts";
import type { Runnable } from "./life.ts";
import { type ManagerOptions, runManager } from "./manager.ts";
import { whenAborted } from "./when-aborted.ts";

/**
 * What only the leader does: begun with each term, dropped when the term is lost, drained before
 * the Lease is given up. Ready at once: to wait for the Lease is this part's work. `onEnd` is called
 * after each term, also where it was over before a part had begun.
 */
export function createLeaderRunnable(
  election: Pick<LeaderElection, "run">,
  partsOf: (term: LeaderTerm) => ManagerOptions,
  onEnd: () => void = () => undefined,
): Runnable {
  return {
    name: "leader",
    run(life, ready) {
      ready();
      const lead = async (term: LeaderTerm): Promise<void> => {
        const abort = AbortSignal.any([life.abort, term.lost]);
        try {
          const left = await runManager(partsOf(term), { stop: life.stop, abort });
          // Somebody is still at work who does not listen: the Lease may not go to another before it must.
          if (left.length > 0) await whenAborted(term.lost);
        } finally {
          onEnd();
        }
      };
      return election.run(lead, life.stop);
    },
  };
}
