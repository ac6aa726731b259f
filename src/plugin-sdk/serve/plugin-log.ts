/** Writes log lines as Velero and ark-ts read them: one JSON object each, on stderr. */
export function createPluginLog(stderr: { write(text: string): unknown }): {
  write(
    level: "debug" | "info" | "warn" | "error",
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
} {
  return {
    write(level, message, fields = {}) {
      stderr.write(`${JSON.stringify({ "@level": level, "@message": message, ...fields })}\n`);
    },
  };
}
