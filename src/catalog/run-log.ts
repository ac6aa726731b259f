import type { Finding } from "../api/results.ts";
import { createGzipText } from "../format/gzip-text.ts";
import { encodeLogLine } from "../format/log-line.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";

/** The run's log, which also becomes its log file, and its findings, each logged once here. */
export interface RunLog extends Log {
  find(finding: Finding): void;
  readonly findings: readonly Finding[];
  count(severity: Finding["severity"]): number;
  /** The whole log file; to be called once, last. */
  finish(signal: AbortSignal): Promise<Buffer>;
}

/** What a log has to do with processes beside this one. */
export interface LogSharing {
  /** Told each line of the log file, with its newline, as it is written. */
  readonly onLogLine?: (line: string) => void;
  /** What processes before this one have logged of the run, as gzip: the log file begins with it. */
  readonly earlierLog?: (signal: AbortSignal) => Promise<Buffer>;
}

export function createRunLog(inner: Log, clock: Clock, sharing: LogSharing = {}): RunLog {
  const text = createGzipText();
  const findings: Finding[] = [];
  const counts = { warning: 0, error: 0 };
  const write: Log["write"] = (level, message, fields) => {
    inner.write(level, message, fields);
    const time = clock.now().toISOString();
    const known = fields === undefined ? {} : { fields };
    const line = encodeLogLine({ time, level, message, ...known });
    text.append(line);
    sharing.onLogLine?.(line);
  };
  return {
    write,
    findings,
    find(finding) {
      findings.push(finding);
      counts[finding.severity] += 1;
      const { severity, message, ...fields } = finding;
      write(severity === "warning" ? "warn" : "error", message, fields);
    },
    count: (severity) => counts[severity],
    async finish(signal) {
      const earlier = await sharing.earlierLog?.(signal);
      const own = await text.finish();
      return earlier === undefined ? own : Buffer.concat([earlier, own]);
    },
  };
}
