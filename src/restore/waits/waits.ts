import type { RunLog } from "../../catalog/run-log.ts";
import { type WaitId, waitSentence } from "../../domain/restore/waits.ts";
import type { Clock } from "../../ports/clock.ts";

/** While a wait goes on, its log line is said again this often. */
const saidEveryMs = 30_000;

/** How a run stands still at this moment. */
export interface ShownWait {
  readonly id: WaitId;
  readonly sentence: string;
  readonly waitedMs: number;
}

/** One wait of a run. It is seen from its first pause until its end, in progress and log. */
export interface RunningWait {
  readonly waitedMs: number;
  /** Nothing more is to be waited for. */
  readonly isLate: boolean;
  /** Shows what is waited for by now; `detail` is what is known of why it lasts. */
  show(subject: string, detail?: string): void;
  /** Sleeps, but not beyond the limit. To be shown before. */
  pause(ms: number): Promise<void>;
  end(): void;
}

/** All waits of a run that are open. */
export interface Waits {
  /**
   * `limitMs`: from now. Every wait of the run has an `id` of the table in
   * src/domain/restore/waits.ts. To be ended by whoever begins it.
   */
  begin(id: WaitId, limitMs: number | undefined, signal: AbortSignal): RunningWait;
}

export interface WaitsInput {
  readonly clock: Clock;
  readonly log: Pick<RunLog, "write">;
  /** Told of the wait that has lasted longest, with how many others there are; undefined: of none. */
  readonly show: (wait: ShownWait | undefined) => void;
}

interface OpenWait {
  readonly id: WaitId;
  readonly sinceMs: number;
  sentence: string;
  saidAt: number;
}

export function createWaits({ clock, log, show }: WaitsInput): Waits {
  const open = new Set<OpenWait>();
  const tell = (): void => {
    const [first] = open;
    if (first === undefined) {
      show(undefined);
      return;
    }
    const others = open.size - 1;
    const more = others === 0 ? "" : `, and ${others} more`;
    const waitedMs = clock.monotonicMs() - first.sinceMs;
    show({ id: first.id, sentence: `${first.sentence}${more}`, waitedMs });
  };
  const say = (wait: OpenWait, message: string): void => {
    const seconds = Math.round((clock.monotonicMs() - wait.sinceMs) / 1000);
    wait.saidAt = clock.monotonicMs();
    log.write("info", message, { wait: wait.id, for: wait.sentence, seconds });
  };
  return {
    begin(id, limitMs, signal) {
      const sinceMs = clock.monotonicMs();
      const wait: OpenWait = { id, sinceMs, sentence: "", saidAt: sinceMs };
      const waitedMs = (): number => clock.monotonicMs() - sinceMs;
      const shown = (subject: string, detail?: string): void => {
        wait.sentence = waitSentence(id, subject, detail);
        if (!open.has(wait)) {
          open.add(wait);
          say(wait, "waiting");
        } else if (clock.monotonicMs() - wait.saidAt >= saidEveryMs) say(wait, "still waiting");
        tell();
      };
      return {
        get waitedMs() {
          return waitedMs();
        },
        get isLate() {
          return limitMs !== undefined && waitedMs() >= limitMs;
        },
        show: shown,
        async pause(ms) {
          const left = limitMs === undefined ? ms : Math.min(ms, limitMs - waitedMs());
          await clock.sleep(Math.max(0, left), signal);
        },
        end() {
          if (!open.delete(wait)) return;
          say(wait, "waited");
          tell();
        },
      };
    },
  };
}

/** What stands still with nobody to look at it. */
export const unseenWaits = (clock: Clock, log: Pick<RunLog, "write">): Waits =>
  createWaits({ clock, log, show: () => {} });
