export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * Structured log. `message` is a constant lower-case sentence; `fields` carry the values.
 * Secrets never enter: values of credentials are not passed to it.
 */
export interface Log {
  write(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}
