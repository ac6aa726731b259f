import { listedDifferences } from "./listed-differences.ts";

export interface LineDifference {
  readonly velero: readonly string[];
  readonly ark: readonly string[];
}

/** The lines that only one of the two has, by their longest common subsequence. */
export function diffLines(velero: readonly string[], ark: readonly string[]): LineDifference {
  const width = ark.length + 1;
  const common = new Uint32Array((velero.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = velero.length - 1; row >= 0; row -= 1) {
    for (let column = ark.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        velero[row] === ark[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const only = { velero: [] as string[], ark: [] as string[] };
  let [row, column] = [0, 0];
  while (row < velero.length || column < ark.length) {
    const [one, other] = [velero[row], ark[column]];
    if (one !== undefined && one === other) {
      row += 1;
      column += 1;
    } else if (
      one !== undefined &&
      (other === undefined || at(row + 1, column) >= at(row, column + 1))
    ) {
      only.velero.push(one);
      row += 1;
    } else if (other !== undefined) {
      only.ark.push(other);
      column += 1;
    }
  }
  return only;
}

export interface Judged {
  /** Numbers of commands. */
  readonly alike: number;
  readonly different: number;
  /** What is not as the list says; empty: all is. */
  readonly wrong: readonly string[];
}

/** Holds what was found, by command, against the list: neither may have more than the other. */
export function judge(found: ReadonlyMap<string, LineDifference>): Judged {
  const wrong: string[] = [];
  const met = new Map(listedDifferences.map(({ what }) => [what, new Set<string>()]));
  const usedPatterns = new Set<RegExp>();
  const explain = (id: string, side: keyof LineDifference, line: string): void => {
    const known = listedDifferences.flatMap((entry) => {
      const pattern = entry.lines[side]?.find((one) => one.test(line));
      return pattern === undefined ? [] : [{ entry, pattern }];
    });
    const fitting = known.find(({ entry }) => entry.commands.includes(id)) ?? known[0];
    if (fitting === undefined) {
      wrong.push(`${id}: not listed: only ${side === "ark" ? "ark-ts" : "Velero"} prints: ${line}`);
      return;
    }
    usedPatterns.add(fitting.pattern);
    met.get(fitting.entry.what)?.add(id);
  };
  for (const [id, { velero, ark }] of found) {
    for (const line of velero) explain(id, "velero", line);
    for (const line of ark) explain(id, "ark", line);
  }
  for (const { what, commands, lines } of listedDifferences) {
    const seen = met.get(what) ?? new Set();
    const missing = commands.filter((id) => !seen.has(id));
    const more = [...seen].filter((id) => !commands.includes(id));
    if (missing.length > 0) wrong.push(`"${what}" no longer occurs in: ${missing.join(" | ")}`);
    if (more.length > 0) wrong.push(`"${what}" is not listed for: ${more.join(" | ")}`);
    for (const pattern of [...(lines.velero ?? []), ...(lines.ark ?? [])]) {
      if (!usedPatterns.has(pattern)) wrong.push(`"${what}": nothing is like ${pattern} any more`);
    }
  }
  const different = [...found.values()].filter(
    ({ velero, ark }) => velero.length + ark.length > 0,
  ).length;
  return { alike: found.size - different, different, wrong };
}
