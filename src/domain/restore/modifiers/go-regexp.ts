const classes: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  digit: "0-9",
  lower: "a-z",
  punct: "!-\\/:-@\\[-`{-~",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

/**
 * A regular expression in the syntax of Go, as far as names of objects need it. Matches anywhere
 * in the text, unless anchored. Answers a clause that says what is wrong where it is none.
 */
export function compileGoRegexp(source: string): RegExp | string {
  const flags = /^\(\?([ims]+)\)/.exec(source);
  const body = source
    .slice(flags?.[0].length ?? 0)
    .replace(/\(\?P</g, "(?<")
    .replace(/\[:(\w+):\]/g, (all, name: string) => classes[name] ?? all)
    .replace(/\\A/g, "^")
    .replace(/\\z/g, "$");
  const unknown = /\(\?<?[=!]|\\[1-9pPQCZkK]|\(\?[imsU-]+[:)]|\[:|[*+?}]\+/.exec(body);
  if (unknown !== null) return `has ${JSON.stringify(unknown[0])}, which is not known here`;
  try {
    return new RegExp(body, flags?.[1] ?? "");
  } catch {
    return "is no regular expression";
  }
}
