import { ArkError } from "../../lib/errors.ts";
import type { Painter } from "./painter.ts";
import { suggestAtPlace } from "./suggested-commands.ts";

const labelWidth = 9;

/** `  label    text`, further lines under the text. */
function labelled(label: string, text: string, painter: Painter): string {
  const [first = "", ...more] = text.trimEnd().split("\n");
  const indent = " ".repeat(labelWidth + 2);
  return [
    `  ${painter.dim(label.padEnd(labelWidth))}${first}`,
    ...more.map((line) => indent + line),
  ]
    .join("\n")
    .concat("\n");
}

/**
 * The error as a person reads it: what could not be done, what was tried, what was answered,
 * what to do, and the code. Usage errors are short: the sentence and what to do.
 */
export function renderError(
  error: ArkError,
  options: {
    readonly painter: Painter;
    readonly debug: boolean;
    /** The line that failed. */
    readonly argv: readonly string[];
  },
): string {
  const { painter, debug, argv } = options;
  let text = `${painter.bad("ark-ts:")} ${safeText(error.message)}\n`;
  if (error.tried !== undefined) text += labelled("tried", safeText(error.tried), painter);
  if (error.answer !== undefined) text += labelled("answer", safeText(error.answer), painter);
  if (error.advice !== undefined)
    text += labelled("do", suggestAtPlace(safeText(error.advice), argv), painter);
  if (error.code !== "ARK_USAGE" && error.code !== "ARK_CANCELLED") {
    text += labelled("code", error.code, painter);
  }
  if (error.code === "ARK_UNEXPECTED" && !debug) {
    text += labelled("do", "run it again with --debug and report what it prints", painter);
  }
  return debug ? text + stacks(error) : text;
}

function stacks(error: unknown): string {
  let text = "";
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const name = at instanceof ArkError ? at.code : at.name;
    text += `\n${at === error ? "" : "caused by "}${name}: ${safeText(at.stack ?? at.message)}\n`;
  }
  return text;
}

/**
 * Text from elsewhere made fit for a terminal and a log: control characters are replaced, and
 * what looks like a credential is blotted out, should one have slipped into an answer.
 */
export function safeText(text: string): string {
  return text
    .replace(/\x1b\[[0-9;?]*[ -/]*[@-~]/g, "")
    .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "?")
    .replace(/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, "$1 [redacted]")
    .replace(/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*/g, "[redacted]")
    .replace(/([?&]X-Amz-(?:Signature|Credential|Security-Token)=)[^&\s]+/gi, "$1[redacted]")
    .replace(/:\/\/([^/\s:@]+):[^/\s@]+@/g, "://$1:[redacted]@")
    .replace(
      /((?:secret_?access_?key|passw(?:or)?d|client_?secret)["']?\s*[:=]\s*["']?)[^\s"',;]{4,}/gi,
      "$1[redacted]",
    )
    .replace(/((?:token=|token"\s*:\s*)["']?)[^\s"',;&]{4,}/gi, "$1[redacted]");
}

/** A stored log is input: only what could drive the terminal is taken out. */
export function safeLogText(text: string): string {
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, "?");
}
