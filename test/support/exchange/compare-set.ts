/** Two archives of one flag set against the table of what may differ. */
import { type Archive, compareArchives } from "./archives.ts";
import type { SetDifference } from "./selection-cases.ts";

export interface SetResult {
  readonly equal: number;
  /** Written to between the two backups. */
  readonly changed: number;
  /** Differences that the table names, with how many objects. */
  readonly explained: readonly (readonly [SetDifference, number])[];
  readonly unexplained: readonly string[];
  /** Differences that the table names and that were not met. */
  readonly unused: readonly SetDifference[];
}

/** Less the records of the backups themselves, and events, which come while both are at work. */
function withoutVelero(archive: Archive): Archive {
  const isStill = (key: string): boolean => !/^\S+\.velero\.io velero\/|^events(\.\S+)? /.test(key);
  const objects = new Map([...archive.objects].filter(([key]) => isStill(key)));
  return { ...archive, objects };
}

export function compareSet(
  differences: readonly SetDifference[],
  ours: Archive,
  theirs: Archive,
): SetResult {
  const found = compareArchives(withoutVelero(ours), withoutVelero(theirs));
  const unexplained: string[] = found.unequal.map((key) => `${key} has other content`);
  const used = new Map<SetDifference, number>();
  const sides = [
    { onlyIn: "ark-ts", keys: found.onlyFirst },
    { onlyIn: "Velero", keys: found.onlySecond },
  ];
  for (const { onlyIn, keys } of sides) {
    for (const key of keys) {
      const rule = differences.find((each) => each.onlyIn === onlyIn && covers(each, key));
      if (rule === undefined) unexplained.push(`only in ${onlyIn}: ${key}`);
      else used.set(rule, (used.get(rule) ?? 0) + 1);
    }
  }
  return {
    equal: found.equal,
    changed: found.changed.length,
    explained: [...used],
    unexplained,
    unused: differences.filter((rule) => !used.has(rule)),
  };
}

function covers(rule: SetDifference, key: string): boolean {
  const [resource = "", path = ""] = key.split(" ");
  return rule.resources === undefined ? path.startsWith("/") : rule.resources.includes(resource);
}

/** One line for each set, and one more for each difference with its reason. */
export function renderSets(results: ReadonlyMap<string, SetResult>): string {
  const lines = [" same  changed  flags"];
  for (const [title, { equal, changed, explained }] of results) {
    lines.push(`${String(equal).padStart(5)}  ${String(changed).padStart(7)}  ${title}`);
    for (const [{ onlyIn, reason }, count] of explained) {
      lines.push(`${" ".repeat(16)}${count} only in ${onlyIn}: ${reason}`);
    }
  }
  return lines.join("\n");
}
