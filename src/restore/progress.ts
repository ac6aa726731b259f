import type { RestorePlan } from "./plan-restore.ts";
import type { RestorePorts, RestoreProgress } from "./restore-request.ts";
import type { Tally } from "./tally.ts";

const everyMs = 100;

export interface Progress {
  enter(wave: string): void;
  step(): void;
  /** Undefined: no longer. */
  waitFor(what: string | undefined): void;
}

/** Tells how far a run is: at each wave, and in between at most ten times a second. */
export function createProgress(run: {
  readonly ports: RestorePorts;
  readonly plan: RestorePlan;
  readonly tally: Tally;
}): Progress {
  const { onProgress, clock } = run.ports;
  let wave = "";
  let waitingFor: string | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (): void => {
    toldAt = clock.monotonicMs();
    onProgress?.({
      ...progressOf(wave, run.plan, run.tally),
      ...(waitingFor === undefined ? {} : { waitingFor }),
    });
  };
  return {
    enter(name) {
      wave = name;
      if (onProgress !== undefined) tell();
    },
    waitFor(what) {
      const changed = waitingFor !== what;
      waitingFor = what;
      if (changed && onProgress !== undefined) tell();
    },
    step() {
      if (onProgress !== undefined && clock.monotonicMs() - toldAt >= everyMs) tell();
    },
  };
}

function progressOf(wave: string, plan: RestorePlan, tally: Tally): RestoreProgress {
  const { created, updated, skipped, failed } = tally.counts;
  const doneItems = created + updated + skipped + failed;
  const totalItems = Math.max(doneItems, plan.totalItems - tally.unselected);
  return { wave, totalItems, doneItems, created, updated, skipped, failed };
}
