import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { TextSink } from "../environment.ts";
import { safeText } from "./error-text.ts";

/** With `--debug` every log line goes to stderr; without it none does. */
export function createCliLog(sink: TextSink, clock: Pick<Clock, "now">, debug: boolean): Log {
  return {
    write: (level, message, fields = {}) => {
      if (!debug) return;
      const values = Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => ` ${key}=${fieldText(value)}`);
      sink.write(safeText(`${clock.now().toISOString()} ${level} ${message}${values.join("")}`));
      sink.write("\n");
    },
  };
}

function fieldText(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return /^[\w./:@^+-]+$/.test(text) ? text : JSON.stringify(text);
}
