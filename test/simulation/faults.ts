/** What goes wrong in a run, decided call by call; all of it from one seed. */
import type { FailpointTally } from "./failpoints.ts";
import type { Random } from "./random.ts";

/**
 * - `fail`: an error that passes, without effect; `lost`: with the effect, but the answer is lost
 * - `refuse`: an error that stays (403), for this process
 * - `throttle`: 429 with Retry-After, or the store's slow-down
 * - `hang`: no answer before somebody gives up; `stall`: the whole process stands still for minutes
 * - `cut`: the body breaks off; `corrupt`: other bytes are stored than were sent
 * - `kill before`, `kill after`: the process dies, the call without or with its effect
 */
export type FaultKind =
  | "fail"
  | "lost"
  | "refuse"
  | "throttle"
  | "hang"
  | "stall"
  | "cut"
  | "corrupt"
  | "kill before"
  | "kill after";

export type Side = "store" | "api" | "exec";

export interface FaultSite {
  readonly side: Side;
  readonly failpoint: string;
  /** Which faults make sense here. */
  readonly possible: readonly FaultKind[];
}

/** One process's share of misfortune. */
export interface FaultPlan {
  /** Undefined: nothing goes wrong with this call. */
  decide(site: FaultSite): FaultKind | undefined;
  /** How long the call takes, by the simulated clock. */
  latencyMs(): number;
  /** For what a fault leaves open: where a body is cut, which bit flips. */
  readonly random: Random;
}

export function noFaults(random: Random): FaultPlan {
  return { decide: () => undefined, latencyMs: () => 0, random };
}

export interface TurnOptions {
  readonly side: Side;
  /** From 1. */
  readonly nth: number;
  readonly kind: FaultKind;
  /** True: every later call of that side fails as well, until the process ends. */
  readonly lasting: boolean;
}

/** One call goes wrong: the nth of one side. `done` answers whether there was such a call. */
export function faultInTurn(
  options: TurnOptions,
  random: Random,
): FaultPlan & { readonly calls: () => number; readonly struck: () => boolean } {
  const { side, nth, kind, lasting } = options;
  let calls = 0;
  let struck = false;
  return {
    random,
    latencyMs: () => 0,
    calls: () => calls,
    struck: () => struck,
    decide(site) {
      if (site.side !== side) return undefined;
      calls += 1;
      if (calls !== nth && !(lasting && calls > nth)) return undefined;
      if (!site.possible.includes(kind)) return undefined;
      struck = true;
      return kind;
    },
  };
}

const weights: Readonly<Record<FaultKind, number>> = {
  fail: 10,
  lost: 6,
  refuse: 1,
  throttle: 4,
  hang: 1,
  stall: 1,
  cut: 6,
  corrupt: 6,
  "kill before": 3,
  "kill after": 3,
};

/** Seldom passed: hit more often when they are. */
const rare =
  /abort|resumeUpload|remove (manifest|name)|get (name record|restore file|thaw)|head (archive|name)|exec:/;
const rareRate = 0.3;

/** At random. Outages, in which every call fails for a while, come too. */
export function storm(random: Random, kinds: readonly FaultKind[]): FaultPlan {
  const rate = random.pick([0.01, 0.03, 0.08, 0.2]);
  const slow = random.pick([0, 0.1, 0.5]);
  const outageRate = random.chance(0.3) ? 0.01 : 0;
  const calm = random.pick([0, 0, 10, 40, 80]);
  let outageLeft = 0;
  let calls = 0;
  return {
    random,
    latencyMs: () => (random.chance(slow) ? 1 + random.int(3000) : 0),
    decide({ possible, failpoint }) {
      calls += 1;
      const isRare = rare.test(failpoint);
      if (calls <= calm && !isRare) return undefined;
      if (outageLeft === 0 && random.chance(outageRate)) outageLeft = 1 + random.int(30);
      if (outageLeft > 0) {
        outageLeft -= 1;
        return "fail";
      }
      if (!random.chance(isRare ? rareRate : rate)) return undefined;
      return draw(
        possible.filter((kind) => kinds.includes(kind)),
        random,
      );
    },
  };
}

function draw(possible: readonly FaultKind[], random: Random): FaultKind | undefined {
  let left = random.next() * possible.reduce((sum, kind) => sum + weights[kind], 0);
  for (const kind of possible) {
    left -= weights[kind];
    if (left < 0) return kind;
  }
  return undefined;
}

/** Counts what is reached and hit, and tells of each hit. */
export function counted(
  plan: FaultPlan,
  tally: FailpointTally,
  onHit: (kind: FaultKind, site: FaultSite) => void,
): FaultPlan {
  return {
    ...plan,
    decide(site) {
      tally.reached(site.failpoint);
      const kind = plan.decide(site);
      if (kind === undefined) return undefined;
      tally.hit(site.failpoint, kind);
      onHit(kind, site);
      return kind;
    },
  };
}
