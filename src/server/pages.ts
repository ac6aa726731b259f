import type { Informer } from "../runtime/informer.ts";
import { type Page, type Pages, textPage } from "./http-endpoint.ts";
import { type Metric, renderMetrics } from "./metrics/exposition.ts";
import { processMetrics } from "./metrics/process-metrics.ts";
import { leaderMetrics } from "./metrics/velero-metrics.ts";
import type { PageFacts, ServerState } from "./server-state.ts";

/**
 * `/healthz` answers as long as the process does: a cluster that is away is no reason to start it
 * anew. `/readyz`: who leads holds whole caches, who stands by knows who leads.
 */
export function pagesOf(state: ServerState, facts: PageFacts): Pages {
  return {
    "/healthz": () => textPage(200, "ok"),
    "/readyz": () => readiness(state),
    "/metrics": () => metricsPage(state, facts),
  };
}

function readiness(state: ServerState): Page {
  const term = ledNow(state);
  if (term === undefined) return standingBy(state);
  const problem = term.problem();
  if (problem !== undefined) return textPage(503, `not ready: ${problem}`);
  const caches: readonly (readonly [string, Informer<unknown>])[] = Object.entries(
    term.context.caches,
  );
  const waiting = caches.filter(([, cache]) => !cache.hasSynced);
  if (waiting.length === 0) return textPage(200, `ok: leading, epoch ${term.epoch}`);
  const reasons = waiting.map(([name, { error }]) =>
    error === undefined ? name : `${name} (${error.message})`,
  );
  return textPage(503, `not ready: still reading ${reasons.join(", ")}`);
}

/** A term that is over is no leading, though its parts may still be ending. */
function ledNow({ election, term }: ServerState): ServerState["term"] {
  return term !== undefined && election.isLeader(term.epoch) ? term : undefined;
}

function standingBy({ election: { holder }, identity }: ServerState): Page {
  return ["", identity].includes(holder)
    ? textPage(503, "not ready: nobody is known to lead")
    : textPage(200, `ok: standing by, ${holder} leads`);
}

function metricsPage(state: ServerState, facts: PageFacts): Page {
  return {
    status: 200,
    contentType: "text/plain; version=0.0.4; charset=utf-8",
    body: renderMetrics([...processMetrics(state, facts), ...metricsOfTerm(state)]),
  };
}

/** Until the caches are whole their sizes would be no more than what has been read so far. */
function metricsOfTerm(state: ServerState): readonly Metric[] {
  const term = ledNow(state);
  if (term === undefined) return [];
  const { caches, clock, settings } = term.context;
  const all: readonly Informer<unknown>[] = Object.values(caches);
  return all.every(({ hasSynced }) => hasSynced)
    ? leaderMetrics(caches, term.tally(), { now: clock.now(), timeZone: settings.timeZone })
    : [];
}
