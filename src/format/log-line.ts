/** Velero's words for levels in a log file. */
const levelWords = { debug: "debug", info: "info", warn: "warning", error: "error" } as const;

/**
 * One line of `…-logs.gz` with its newline: `time="…" level=info msg="…" key=value`, the form
 * that Velero's readers know. Collect lines with `createGzipText()`.
 */
export function encodeLogLine(line: {
  /** RFC 3339. */
  readonly time: string;
  readonly level: keyof typeof levelWords;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}): string {
  const fields = Object.entries(line.fields ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${quoted(fieldText(value))}`);
  return `time="${line.time}" level=${levelWords[line.level]} msg=${JSON.stringify(line.message)}${fields.join("")}\n`;
}

function fieldText(value: unknown): string {
  if (typeof value === "string") return value;
  return value instanceof Error ? value.message : (JSON.stringify(value) ?? String(value));
}

function quoted(text: string): string {
  return /^[\w./:@^+-]+$/.test(text) ? text : JSON.stringify(text);
}
