import type { Clock } from "../ports/clock.ts";

/** How long a run is tried again that fails of what passes, and gets no further. */
const patienceMs = 3_600_000;

/** Since when runs have been failing of what passes; of this process, a next one begins anew. */
export interface Patience {
  /** To be asked at each such failure; true: it has lasted too long. */
  isOver(uid: string): boolean;
  /** How far the run is, as a count or a step's name; further than ever ends what counts against it. */
  reached(uid: string, point: number | string): void;
  /** Whether the run has failed of what passes in this process. */
  hasFailed(uid: string): boolean;
  forget(uid: string): void;
}

interface Standing {
  readonly sinceMs: number | undefined;
  readonly hasFailed: boolean;
  readonly count: number;
  readonly steps: ReadonlySet<string>;
}

const fresh: Standing = { sinceMs: undefined, hasFailed: false, count: 0, steps: new Set() };

export function createPatience(clock: Pick<Clock, "monotonicMs">): Patience {
  const runs = new Map<string, Standing>();
  const standing = (uid: string): Standing => runs.get(uid) ?? fresh;
  return {
    isOver(uid) {
      const nowMs = clock.monotonicMs();
      const sinceMs = standing(uid).sinceMs ?? nowMs;
      runs.set(uid, { ...standing(uid), sinceMs, hasFailed: true });
      return nowMs - sinceMs >= patienceMs;
    },
    reached(uid, point) {
      const { count, steps, hasFailed } = standing(uid);
      const isFurther = typeof point === "number" ? point > count : !steps.has(point);
      if (!isFurther) return;
      runs.set(uid, {
        ...{ sinceMs: undefined, hasFailed },
        ...(typeof point === "number"
          ? { count: point, steps }
          : { count, steps: new Set([...steps, point]) }),
      });
    },
    hasFailed: (uid) => standing(uid).hasFailed,
    forget(uid) {
      runs.delete(uid);
    },
  };
}
