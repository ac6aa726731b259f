/** Named requests of a run, and which of them a test of killed processes picks. */
import { createRandom } from "../simulation/random.ts";
import { drawnSeed } from "./drawn-seed.ts";
import type { SeenRequest } from "./http-front.ts";

export interface Failpoint {
  readonly name: string;
  /** Of each request the first failpoint counts that fits. */
  readonly method: string;
  readonly path: RegExp;
}

export const unnamed = "without a name";

export function failpointOf(failpoints: readonly Failpoint[], request: SeenRequest): string {
  const url = decodeURIComponent(request.url);
  const found = failpoints.find(({ method, path }) => request.method === method && path.test(url));
  return found?.name ?? unnamed;
}

/** How often a run came to each. */
export function countHits(
  failpoints: readonly Failpoint[],
  requests: readonly SeenRequest[],
): ReadonlyMap<string, number> {
  const hits = new Map<string, number>();
  for (const request of requests) {
    const name = failpointOf(failpoints, request);
    hits.set(name, (hits.get(name) ?? 0) + 1);
  }
  return hits;
}

/** ARK_KILL_SEED=7 or =random makes another choice; ARK_KILL_HITS=all takes every hit. */
export const killSeed = drawnSeed("ARK_KILL_SEED");
export const killsAtAll = process.env["ARK_KILL_HITS"] === "all";

const minute = 60_000;
export const killTimeoutMs = killsAtAll ? 24 * 60 * minute : 30 * minute;

/** From 1: one of them by the seed, or all. */
export function hitsToKill(name: string, hits: number): readonly number[] {
  if (killsAtAll) return Array.from({ length: hits }, (_, index) => index + 1);
  return [1 + createRandom(`${killSeed} ${name}`).int(hits)];
}
