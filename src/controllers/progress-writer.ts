import type { Clock } from "../ports/clock.ts";

const everyMs = 1_000;

export interface ProgressWriter<Told> {
  /** Never waits. Of what comes between two writes the last counts, or what was made of all of it. */
  tell(told: Told): void;
  /** Nothing more is written once it resolves. Never rejects. */
  end(): Promise<void>;
}

/** Writes at most once a second, as Velero. What `write` throws is its own matter. */
export function createProgressWriter<Told>(
  clock: Clock,
  write: (told: Told, signal: AbortSignal) => Promise<unknown>,
  merge: (waiting: Told, told: Told) => Told = (_waiting, told) => told,
): ProgressWriter<Told> {
  const ended = new AbortController();
  const { signal } = ended;
  let latest: { readonly told: Told } | undefined;
  let writing: Promise<void> | undefined;
  const work = async (): Promise<void> => {
    while (latest !== undefined && !signal.aborted) {
      const { told } = latest;
      latest = undefined;
      // One that cannot be written is passed over: the next one may.
      await write(told, signal).catch(() => undefined);
      if (!signal.aborted) await clock.sleep(everyMs, signal).catch(() => undefined);
    }
    writing = undefined;
  };
  return {
    tell(told) {
      latest = { told: latest === undefined ? told : merge(latest.told, told) };
      if (!signal.aborted) writing ??= work();
    },
    async end() {
      ended.abort();
      await writing;
    },
  };
}
