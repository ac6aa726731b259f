import { ArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log, LogLevel } from "../ports/log.ts";

/** Velero's levels, most severe first; ours know four. */
export const velerosLevels = [
  "panic",
  "fatal",
  "error",
  "warning",
  "info",
  "debug",
  "trace",
] as const;
export type VelerosLevel = (typeof velerosLevels)[number];

const rank: Readonly<Record<LogLevel, number>> = { error: 2, warn: 3, info: 4, debug: 5 };
const names: Readonly<Record<LogLevel, VelerosLevel>> = {
  error: "error",
  warn: "warning",
  info: "info",
  debug: "debug",
};

export interface ServerLogOptions {
  readonly level: VelerosLevel;
  readonly format: "text" | "json";
}

/**
 * Lines as Velero's server writes them: `time`, `level`, `msg`, then the fields; in JSON an error is
 * `error.message`, beside its stable `error.code`.
 */
export function createServerLog(
  write: (line: string) => void,
  clock: Pick<Clock, "now">,
  { level: least, format }: ServerLogOptions,
): Log {
  return {
    write(level, message, fields = {}) {
      if (rank[level] > velerosLevels.indexOf(least)) return;
      const head = { time: clock.now().toISOString(), level: names[level], msg: message };
      const all = { ...head, ...flat(fields) };
      write(`${format === "json" ? JSON.stringify(all) : textOf(all)}\n`);
    },
  };
}

function flat(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (!(value instanceof Error)) {
      found[key] = value;
      continue;
    }
    const { message } = value;
    const answer = value instanceof ArkError ? value.answer : undefined;
    found[`${key}.message`] = answer === undefined ? message : `${message}: ${answer}`;
    if (value instanceof ArkError) found[`${key}.code`] = value.code;
  }
  return found;
}

function textOf(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([key, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      const isPlain = key !== "time" && key !== "msg" && /^[\w./:@^+-]+$/.test(text);
      return `${key}=${isPlain ? text : JSON.stringify(text)}`;
    })
    .join(" ");
}
