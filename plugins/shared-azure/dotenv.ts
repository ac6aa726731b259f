/**
 * The values of a file of `KEY=value` lines, as Velero reads it: `export` before a name, `#` for a
 * comment, values bare or in single or double quotes, which may go over several lines. Unlike
 * there a `$` stands for itself. A line that is neither is left out and told by its number.
 */
export function parseDotenv(text: string): {
  readonly values: Readonly<Record<string, string>>;
  readonly badLines: readonly number[];
} {
  const values: Record<string, string> = {};
  const badLines: number[] = [];
  const source = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  let at = 0;
  while (at < source.length) {
    const found = matchAt(/[ \t]*(?:#.*)?(?:\n|$)/y, source, at) ?? matchAt(assignment, source, at);
    if (found === undefined) {
      badLines.push(source.slice(0, at).split("\n").length);
      at = endOfLine(source, at);
      continue;
    }
    const [whole, name, single, double, bare] = found;
    if (name !== undefined) {
      values[name] = single ?? (double === undefined ? bareValue(bare ?? "") : unescaped(double));
    }
    at += Math.max(whole.length, 1);
  }
  return { values, badLines };
}

const assignment =
  /[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.]*)[ \t]*[=:][ \t]*(?:'([^']*)'[ \t]*(?:#.*)?(?:\n|$)|"((?:[^"\\]|\\[\s\S])*)"[ \t]*(?:#.*)?(?:\n|$)|(.*)(?:\n|$))/y;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end + 1;
}

/** Only a `#` after a space begins a comment: secrets hold them too. */
const bareValue = (text: string): string => text.replace(/(?:^|\s)#.*$/, "").trim();

const unescaped = (text: string): string =>
  text.replace(/\\([\s\S])/g, (_, char: string) => escapes[char] ?? char);

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };
