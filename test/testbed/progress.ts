/** A line on stderr for what takes long: rewritten on a terminal, repeated every 20 s elsewhere. */

export interface Progress {
  /** What is going on inside the step. */
  note(text: string): void;
  done(): void;
  fail(): void;
}

/** `4.2 s` or `3 min 05 s`. */
export function formatElapsed(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

export function startProgress(what: string): Progress {
  const start = performance.now();
  const terminal = process.stderr.isTTY === true;
  let detail = "";
  const show = (end: string): void => {
    const ms = performance.now() - start;
    const line = `testbed: ${what}${detail}${ms < 100 && end === "" ? "" : `: ${end}${formatElapsed(ms)}`}`;
    process.stderr.write(terminal ? `\r\x1b[K${line}` : `${line}\n`);
  };
  show("");
  const timer = setInterval(() => show(""), terminal ? 1_000 : 20_000);
  timer.unref();
  const finish = (end: string): void => {
    clearInterval(timer);
    show(end);
    if (terminal) process.stderr.write("\n");
  };
  return {
    note: (text) => {
      detail = ` (${text})`;
    },
    done: () => finish("done in "),
    fail: () => finish("failed after "),
  };
}
