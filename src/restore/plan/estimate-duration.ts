import type { PlanEstimate, RestorePlanHeader } from "./plan-document.ts";

/** Fewer answers say nothing of a rate. */
const fewestAsked = 100;
/**
 * Writes per second of a bare create loop on two cores shared with API server and etcd: the lower
 * end of what the design's part 13 measured.
 */
const assumedRate = 640;

/** How long the writes would take. A dry-run does all that a write does, but for etcd's. */
export function estimateDuration(
  { create, patch, recreate, delete: removed, wait, blocked }: RestorePlanHeader["totals"],
  asked: { readonly count: number; readonly elapsedMs: number },
): PlanEstimate {
  const isMeasured = asked.count >= fewestAsked && asked.elapsedMs > 0;
  const rate = isMeasured ? (asked.count * 1000) / asked.elapsedMs : assumedRate;
  const writes = Math.max(0, create + patch + 2 * recreate + removed + wait - blocked);
  return {
    seconds: Math.ceil(writes / rate),
    rate: Math.round(rate),
    basis: isMeasured
      ? `${asked.count} dry-run requests to this API server`
      : "a bare create loop on two cores; too little was asked here to measure",
  };
}
