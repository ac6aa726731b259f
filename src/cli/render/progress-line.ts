import type { TextSink } from "../environment.ts";
import { span } from "./amounts.ts";

/** What a run shows of itself at one moment. */
export interface ProgressState {
  /** Everything but the time left and what is waited for, in columns. */
  readonly text: string;
  /** `3.0 s left`; shown only while something moves. */
  readonly timeLeft?: string | undefined;
  readonly waitingFor: string | undefined;
  /** For how long already. Default: since it was first shown, or something moved. */
  readonly waitedMs?: number | undefined;
  /** What has been done: while it stays the same nothing moves. */
  readonly position: string;
}

/** A line that stays in place on a terminal; single plain lines, now and then, elsewhere. */
export interface ProgressLine {
  /** Called on every event, however many; draws only as often as it is of use. */
  show(state: ProgressState): void;
  /** Takes the line away; the next output begins on a clean line. */
  stop(): void;
}

const redrawMs = 100;
const plainEveryMs = 5_000;
/** Plain lines while nothing moves. */
const stillEveryMs = 10_000;
/** Nothing moves when nothing has for this long. */
const stillAfterMs = 3_000;
const unnamedWait = "the API server or the store";

/**
 * `every` calls back in intervals until its answer is called: so that "waiting since" goes on
 * while no event comes.
 */
export function createProgressLine(
  sink: TextSink,
  monotonicMs: () => number,
  every: (ms: number, tick: () => void) => () => void,
): ProgressLine {
  let latest: ProgressState | undefined;
  let waitingSince = monotonicMs();
  let movedAt = monotonicMs();
  let drawnAt = sink.isTerminal ? Number.NEGATIVE_INFINITY : monotonicMs();
  let saidWait: string | undefined;
  const isStill = () => monotonicMs() - movedAt >= stillAfterMs;
  const line = ({ text, timeLeft, waitingFor, waitedMs: known }: ProgressState): string => {
    const parts = isStill() || timeLeft === undefined ? [text] : [text, timeLeft];
    const since = known === undefined ? Math.max(waitingSince, movedAt) : waitingSince;
    const waitedMs = monotonicMs() - since;
    const forWhat = waitingFor ?? (isStill() ? unnamedWait : undefined);
    if (forWhat === undefined) return parts.join("   ");
    const forLong = waitedMs < 1000 ? "" : `, ${span(waitedMs)}`;
    return [...parts, `waiting for ${forWhat}${forLong}`].join("   ");
  };
  const draw = () => {
    if (latest === undefined) return;
    const text = line(latest);
    drawnAt = monotonicMs();
    saidWait = latest.waitingFor;
    sink.write(sink.isTerminal ? `\r${fit(text, sink.columns || 80)}\x1b[K` : `${text}\n`);
  };
  const due = () => {
    const sinceMs = monotonicMs() - drawnAt;
    if (sink.isTerminal) return sinceMs >= redrawMs;
    const newWait = latest?.waitingFor !== undefined && latest.waitingFor !== saidWait;
    return sinceMs >= (isStill() ? stillEveryMs : plainEveryMs) || (newWait && sinceMs >= 1_000);
  };
  const stopTicking = every(sink.isTerminal ? 500 : 1_000, () => {
    if (due()) draw();
  });
  return {
    show(state) {
      if (state.waitedMs !== undefined) waitingSince = monotonicMs() - state.waitedMs;
      else if (state.waitingFor !== latest?.waitingFor) waitingSince = monotonicMs();
      if (state.position !== latest?.position) movedAt = monotonicMs();
      latest = state;
      if (due()) draw();
    },
    stop() {
      stopTicking();
      if (sink.isTerminal && latest !== undefined) sink.write("\r\x1b[K");
      latest = undefined;
    },
  };
}

function fit(text: string, columns: number): string {
  return text.length < columns ? text : `${text.slice(0, Math.max(1, columns - 2))}…`;
}

/** The interval of a real process; it keeps nobody waiting at the end. */
export function realInterval(ms: number, tick: () => void): () => void {
  const timer = setInterval(tick, ms);
  timer.unref();
  return () => clearInterval(timer);
}
