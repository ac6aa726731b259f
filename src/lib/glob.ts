const cache = new Map<string, RegExp>();

/** True when the pattern is more than a literal. */
export function isGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/**
 * Matches a whole text against a glob: `*` any run, `?` one character, `[abc]`, `[a-z]` and
 * `[!a]` one of a class. A class that is not closed matches as literal text.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  if (!isGlob(pattern)) return pattern === text;
  let compiled = cache.get(pattern);
  if (compiled === undefined) {
    compiled = new RegExp(`^${toRegExpSource(pattern)}$`, "su");
    cache.set(pattern, compiled);
  }
  return compiled.test(text);
}

function toRegExpSource(pattern: string): string {
  let source = "";
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i);
    if (char === "*") source += ".*";
    else if (char === "?") source += ".";
    else if (char === "[") {
      const close = pattern.indexOf("]", i + 2);
      if (close === -1) source += "\\[";
      else {
        const negated = pattern.charAt(i + 1) === "!";
        const body = pattern.slice(i + (negated ? 2 : 1), close).replace(/[\\\]^[]/g, "\\$&");
        source += `[${negated ? "^" : ""}${body}]`;
        i = close;
      }
    } else source += char.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  }
  return source;
}
