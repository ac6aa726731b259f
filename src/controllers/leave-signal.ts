import { handOver } from "../catalog/continuation.ts";
import type { LeaderTerm } from "../runtime/leader-term.ts";

/**
 * Aborts when this process is to let its runs go, with the reason that says so to the engine: what is
 * begun is not cancelled by the end of a process or of its term, and the next one goes on with it.
 */
export function leaveSignal(ending: AbortSignal, { lost }: Pick<LeaderTerm, "lost">): AbortSignal {
  const leave = new AbortController();
  const go = (): void => leave.abort(lost.aborted ? lost.reason : handOver("the server stops"));
  for (const one of [ending, lost]) {
    if (one.aborted) go();
    else one.addEventListener("abort", go, { once: true, signal: leave.signal });
  }
  return leave.signal;
}
