import { ArkError } from "../../lib/errors.ts";
import { count } from "../render/amounts.ts";
import { waitedForIn } from "../render/doing-lines.ts";
import { createProgressLine, type ProgressState, realInterval } from "../render/progress-line.ts";
import type { Session } from "../session.ts";
import { follow } from "./follow.ts";
import type { Resources } from "./resources.ts";
import { hasEnded, phaseOf, type Run, type RunNoun } from "./runs.ts";

/** How a wait for a run ended. */
export type Waited =
  | { readonly kind: "ended"; readonly run: Run }
  /** The limit is over; the run goes on. */
  | { readonly kind: "goes-on"; readonly run: Run }
  /** Ctrl-C: the wait was stopped, not the run. */
  | { readonly kind: "stopped" };

/**
 * Follows a run until nothing more happens to it: phases on the way, such as
 * FinalizingPartiallyFailed, end no wait. Errors: that it was deleted meanwhile; those of reading.
 */
export async function waitForRun(
  session: Session,
  runs: Resources<Run>,
  {
    noun,
    name,
    limitMs,
  }: { readonly noun: RunNoun; readonly name: string; readonly limitMs?: number },
): Promise<Waited> {
  const { clock, signal, invocation } = session;
  const { stderr } = invocation.environment;
  const line = createProgressLine(stderr, () => clock.monotonicMs(), realInterval);
  try {
    const { ended, state } = await follow<Run>({
      clock,
      signal,
      read: () => runs.find(name),
      isEnd: (run) => {
        if (run === undefined) return true;
        line.show(progressOf(run));
        return hasEnded(noun, run);
      },
      ...(limitMs === undefined ? {} : { limitMs }),
    });
    if (state === undefined) throw deleted(noun, name);
    return { kind: ended ? "ended" : "goes-on", run: state };
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    return { kind: "stopped" };
  } finally {
    line.stop();
  }
}

function progressOf(run: Run): ProgressState {
  const { progress, queuePosition = 0 } = run.status ?? {};
  const done = progress?.itemsBackedUp ?? progress?.itemsRestored;
  const total = progress?.totalItems;
  const phase = phaseOf(run);
  const items =
    done === undefined
      ? []
      : [`${count(done)}${total === undefined ? "" : ` of ${count(total)}`} items`];
  const place = queuePosition > 0 ? [`place ${count(queuePosition)} in the queue`] : [];
  return {
    text: ["", phase, ...place, ...items].join("  "),
    waitingFor: waitedForIn(phase) ?? "the server",
    position: `${phase} ${done ?? 0} ${queuePosition}`,
  };
}

function deleted(noun: RunNoun, name: string): ArkError {
  const code = noun === "backup" ? "ARK_BACKUP_NOT_FOUND" : "ARK_RESTORE_NOT_FOUND";
  return new ArkError(code, `${noun} "${name}" was deleted while it was waited for`);
}
