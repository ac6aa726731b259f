import type { RunLog } from "../catalog/run-log.ts";
import { type BoundedOutput, lastLines } from "../lib/bounded-output.ts";
import { toArkError } from "../lib/errors.ts";
import { ExecError, type ExecOutput, type ExecRequest, type PodExec } from "../ports/pod-exec.ts";

export interface HookEnd {
  readonly failed: boolean;
  /** False only where it is certain that the command did not begin. */
  readonly mayHaveRun: boolean;
  /** In a sentence, where it failed. */
  readonly why?: string;
  /** Absent: the end is not known. */
  readonly exitCode?: number;
  /** The last lines it printed, of stderr where there are some. */
  readonly lines: readonly string[];
}

const keptLines = 5;
const lineWidth = 200;

/** Runs the command to its end and tells the log of it. Cancelled, it is a failure that says so. */
export async function runHookCommand(
  request: ExecRequest,
  { exec, log }: { readonly exec: PodExec; readonly log: RunLog },
  fields: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<HookEnd> {
  const { container, timeoutMs } = request;
  log.write("info", "a hook begins", { ...fields, container, timeoutMs });
  try {
    const { exitCode, ...output } = await exec.exec(request, { signal });
    log.write("info", "a hook ended", { ...fields, container, exitCode, ...outputFields(output) });
    const lines = endOf(output);
    if (exitCode === 0) return { failed: false, mayHaveRun: true, exitCode, lines };
    const why = `exit code ${exitCode} in container "${container}"${quoted(lines)}`;
    return { failed: true, mayHaveRun: true, why, exitCode, lines };
  } catch (thrown) {
    const error = toArkError(thrown);
    if (signal.aborted) {
      const why = `it was stopped by a cancel in container "${container}", and may go on there`;
      return { failed: true, mayHaveRun: true, why, lines: [] };
    }
    const { output, mayHaveRun } = thrown instanceof ExecError ? thrown : unknownEnd;
    const answer = error.answer === undefined ? "" : `: ${error.answer}`;
    const advice = error.advice === undefined ? "" : ` ${error.advice}`;
    const lines = output === undefined ? [] : endOf(output);
    const end = output === undefined ? "" : quoted(lines);
    return { failed: true, mayHaveRun, why: `${error.message}${answer}${end}.${advice}`, lines };
  }
}

/** A command as sentences name it. */
export function describeCommand(command: readonly string[]): string {
  const text = JSON.stringify(command.join(" "));
  return text.length > lineWidth ? `${text.slice(0, lineWidth)}…"` : text;
}

const unknownEnd: Pick<ExecError, "output" | "mayHaveRun"> = {
  output: undefined,
  mayHaveRun: true,
};

function outputFields({ stdout, stderr }: ExecOutput): Readonly<Record<string, unknown>> {
  const omittedBytes = stdout.omittedBytes + stderr.omittedBytes;
  const omittedLines = stdout.omittedLines + stderr.omittedLines;
  return {
    stdout: last(stdout),
    stderr: last(stderr),
    ...(omittedBytes > 0 ? { omittedBytes, omittedLines } : {}),
  };
}

function endOf({ stdout, stderr }: ExecOutput): readonly string[] {
  const errors = last(stderr);
  return errors.length > 0 ? errors : last(stdout);
}

const last = (output: BoundedOutput): readonly string[] => lastLines(output, keptLines, lineWidth);

function quoted(lines: readonly string[]): string {
  return lines.length === 0 ? ", without output" : `; its output ended: ${lines.join(" | ")}`;
}
