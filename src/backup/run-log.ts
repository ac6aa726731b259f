import { createGzipText } from "../format/gzip-text.ts";
import { encodeLogLine } from "../format/log-line.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";

/** A log that also becomes the run's log file. */
export interface RunLog extends Log {
  /** The whole file; to be called once, last. */
  finish(): Promise<Buffer>;
}

export function createRunLog(inner: Log, clock: Clock): RunLog {
  const text = createGzipText();
  return {
    write(level, message, fields) {
      inner.write(level, message, fields);
      text.append(
        encodeLogLine({
          time: clock.now().toISOString(),
          level,
          message,
          ...(fields === undefined ? {} : { fields }),
        }),
      );
    },
    finish: () => text.finish(),
  };
}
