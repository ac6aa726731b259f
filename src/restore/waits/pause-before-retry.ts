import type { RestoreRun } from "../restore-run.ts";

/** Gives what refused an object time to pass. */
export async function pauseBeforeRetry(
  { waits }: Pick<RestoreRun, "waits">,
  subject: string,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  if (ms <= 0) return;
  const waiting = waits.begin("later-pass", undefined, signal);
  try {
    waiting.show(subject);
    await waiting.pause(ms);
  } finally {
    waiting.end();
  }
}
