import type { RestorePlan } from "../plan-restore.ts";
import type { RestorePorts } from "../restore-request.ts";
import type { ShownWait } from "../waits/waits.ts";
import type { Tally } from "./tally.ts";

const everyMs = 100;

export interface Progress {
  enter(wave: string): void;
  step(): void;
  /** Undefined: it stands still no longer. */
  showWait(wait: ShownWait | undefined): void;
}

/** Tells how far a run is: at each wave, and in between at most ten times a second. */
export function createProgress(run: {
  readonly ports: RestorePorts;
  readonly plan: RestorePlan;
  readonly tally: Tally;
  readonly hasErrors: () => boolean;
}): Progress {
  const { onProgress, clock } = run.ports;
  let wave = "";
  let waiting: ShownWait | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (): void => {
    toldAt = clock.monotonicMs();
    onProgress?.({
      ...progressOf(wave, run.plan, run.tally),
      hasErrors: run.hasErrors(),
      ...(waiting === undefined ? {} : waitOf(waiting)),
    });
  };
  return {
    enter(name) {
      wave = name;
      if (onProgress !== undefined) tell();
    },
    showWait(wait) {
      const changed = waiting?.sentence !== wait?.sentence || waiting?.id !== wait?.id;
      waiting = wait;
      if (changed && onProgress !== undefined) tell();
    },
    step() {
      if (onProgress !== undefined && clock.monotonicMs() - toldAt >= everyMs) tell();
    },
  };
}

function waitOf({ id, sentence, waitedMs }: ShownWait) {
  return { wait: id, waitingFor: sentence, waitedMs };
}

function progressOf(wave: string, plan: RestorePlan, tally: Tally) {
  const { created, updated, recreated, skipped, failed } = tally.counts;
  const doneItems = created + updated + recreated + skipped + failed;
  const totalItems = Math.max(doneItems, plan.totalItems - tally.unselected);
  return { wave, totalItems, doneItems, created, updated, skipped, failed };
}
