/**
 * Patterns of Velero's glob library. Where a separator is given, `*` and `?` stop at it and `**`
 * does not. `[ab]`, `[a-c]` and `[!ab]` are one character, `{a,b}` is one of these patterns, and a
 * backslash takes a character as it is.
 */
export type GoGlob = (text: string) => boolean;

/** Undefined: the pattern is none. */
export function compileGoGlob(pattern: string, separator = ""): GoGlob | undefined {
  const other = separator === "" ? "." : `[^${escaped(separator)}]`;
  let source = "";
  let depth = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern.charAt(at);
    if (char === "\\") {
      at += 1;
      if (at === pattern.length) return undefined;
      source += escaped(pattern.charAt(at));
    } else if (char === "*") {
      const run = /^\*+/.exec(pattern.slice(at))?.[0].length ?? 1;
      source += run > 1 ? ".*" : `${other}*`;
      at += run - 1;
    } else if (char === "?") source += other;
    else if (char === "[") {
      const set = /^\[(!?)((?:[^\]\\]|\\.)+)\]/s.exec(pattern.slice(at));
      if (set === null) return undefined;
      const body = (set[2] as string).replace(/[\^[]/g, "\\$&");
      source += `[${set[1] === "!" ? "^" : ""}${body}]`;
      at += set[0].length - 1;
    } else if (char === "{") {
      depth += 1;
      source += "(?:";
    } else if (char === "}" && depth > 0) {
      depth -= 1;
      source += ")";
    } else if (char === "," && depth > 0) source += "|";
    else source += escaped(char);
  }
  if (depth > 0) return undefined;
  try {
    const compiled = new RegExp(`^${source}$`, "su");
    return (text) => compiled.test(text);
  } catch {
    return undefined;
  }
}

function escaped(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/-]/, (found) => (found === "-" ? "\\x2d" : `\\${found}`));
}
