import { decodeJson } from "../../lib/json-text.ts";
import type { LogLevel } from "../../ports/log.ts";

export interface PluginLogLine {
  readonly level: LogLevel;
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const levels: Readonly<Record<string, LogLevel>> = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warn: "warn",
  warning: "warn",
  error: "error",
  fatal: "error",
  panic: "error",
};
/** What the host itself knows better, or what is there twice. */
const ownFields = new Set(["level", "time", "timestamp"]);
const prefix = /^\[(?<level>TRACE|DEBUG|INFO|WARN|ERROR)\]\s*(?<text>.*)$/s;

/** Reads what a plugin prints on stderr, a line each; go-plugin's rules. One for each process. */
export function createLogReader(): (line: string) => PluginLogLine {
  let dying = false;
  return (line) => {
    const structured = readStructured(line);
    if (structured !== undefined) return structured;
    // A trace of Go's runtime follows on many lines, down to the end.
    if (/^(?:panic|fatal error): /.test(line)) dying = true;
    if (dying) return { level: "error", text: line, fields: {} };
    const { level, text } = prefix.exec(line)?.groups ?? {};
    if (level === undefined) return { level: "debug", text: line, fields: {} };
    return { level: levels[level.toLowerCase()] ?? "debug", text: text ?? "", fields: {} };
  };
}

function readStructured(line: string): PluginLogLine | undefined {
  if (!line.startsWith("{")) return undefined;
  let value: Record<string, unknown>;
  try {
    value = decodeJson(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const level = levels[String(value["@level"] ?? "")];
  if (level === undefined) return undefined;
  const kept = Object.entries(value).filter(([key]) => !key.startsWith("@") && !ownFields.has(key));
  return { level, text: String(value["@message"] ?? ""), fields: Object.fromEntries(kept) };
}
