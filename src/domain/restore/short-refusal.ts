/** A value that is longer than this says nothing that its field does not. */
const maxShownValue = 80;

/** Kinds of field errors that quote the value; Forbidden and Required do not. */
const quoting = /\b(?:Invalid|Duplicate|Unsupported) value: /g;

/**
 * The API server's sentence without the objects that it prints in it: a value that is a page long
 * goes, with the words before it, and so does a comparison of two objects line by line. What is left
 * is the field and the reason, as in `spec.template: field is immutable`.
 */
export function shortRefusal(serverMessage: string): string {
  const [first = "", ...rest] = serverMessage.split("\n");
  return withoutLongValues(first) + textAfterLines(rest);
}

function withoutLongValues(text: string): string {
  let short = "";
  let from = 0;
  for (const { 0: words, index } of text.matchAll(quoting)) {
    // Inside a value that is left out.
    if (index < from) continue;
    const end = endOfValue(text, index + words.length);
    if (end === undefined || end - index - words.length <= maxShownValue) continue;
    short += text.slice(from, index);
    from = end + ": ".length;
  }
  return short + text.slice(from);
}

const closing: Readonly<Record<string, string>> = { "{": "}", "[": "]", "(": ")" };

/** Where the `: ` stands between a printed value, of Go or JSON, and its reason; undefined: it has none. */
function endOfValue(text: string, start: number): number | undefined {
  const open: string[] = [];
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at);
    const close = closing[character];
    if (character === '"') at = endOfQuoted(text, at);
    else if (close !== undefined) open.push(close);
    else if (character === open.at(-1)) open.pop();
    else if (open.length === 0 && text.startsWith(": ", at)) return at;
    else if (open.length === 0 && /^[,;] /.test(text.slice(at, at + 2))) return undefined;
  }
  return undefined;
}

function endOfQuoted(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text.charAt(at) === "\\") at += 1;
    else if (text.charAt(at) === '"') return at;
  }
  return text.length;
}

/** Beside lines of a comparison, what was said after them; lines of another kind stay. */
function textAfterLines(lines: readonly string[]): string {
  if (lines.length === 0) return "";
  const isComparison = lines.some((line) => /^(?:@@ -\d|[-+\s]*(?:\S+\.)?\w+\{)/u.test(line));
  return isComparison ? (lines.at(-1) ?? "").replace(/^[}\]\s]+/u, "") : `\n${lines.join("\n")}`;
}
