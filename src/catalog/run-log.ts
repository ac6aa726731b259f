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
  finish(): Promise<Buffer>;
}

export function createRunLog(inner: Log, clock: Clock): RunLog {
  const text = createGzipText();
  const findings: Finding[] = [];
  const counts = { warning: 0, error: 0 };
  const write: Log["write"] = (level, message, fields) => {
    inner.write(level, message, fields);
    const time = clock.now().toISOString();
    text.append(
      encodeLogLine({ time, level, message, ...(fields === undefined ? {} : { fields }) }),
    );
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
    finish: () => text.finish(),
  };
}
