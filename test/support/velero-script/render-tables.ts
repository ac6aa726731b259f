/** What docs/compatibility.md says about the script: by command, and what is printed otherwise. */
import { listedDifferences } from "./listed-differences.ts";
import { script } from "./script.ts";

const nouns = [
  "backup-location",
  "snapshot-location",
  "backup",
  "restore",
  "schedule",
  "plugin",
  "repo",
];

/** `create backups b1 …` and `backup create b1 …` are one command. */
function commandOf(line: string): string {
  const [first = "", second = ""] = line.split(" ");
  if (["version", "debug"].includes(first)) return first;
  if (first === "client") return line.split(" ").slice(0, 3).join(" ");
  const noun = nouns.find((one) => second === one || second === `${one}s`);
  return noun === undefined ? `${first} ${second}` : `${noun} ${first}`;
}

const differsIn = (id: string) => listedDifferences.filter(({ commands }) => commands.includes(id));

/** `| command | lines of the script | of these print the same |` */
export function commandRows(): readonly string[] {
  const counts = new Map<string, { runs: number; alike: number }>();
  for (const { line, id } of script) {
    const command = commandOf(line);
    const count = counts.get(command) ?? { runs: 0, alike: 0 };
    count.runs += 1;
    if (differsIn(id).length === 0) count.alike += 1;
    counts.set(command, count);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([command, { runs, alike }]) => `| \`${command}\` | ${runs} | ${alike} |`);
}

/** `| what | Velero | ark-ts | reason | in so many lines of the script |` */
export function differenceRows(): readonly string[] {
  return listedDifferences.map(
    ({ what, velero, ark, reason, commands }) =>
      `| ${what} | ${velero} | ${ark} | ${reason} | ${commands.length} |`,
  );
}

export function summary(): string {
  const alike = script.filter(({ id }) => differsIn(id).length === 0).length;
  return `${script.length} lines: ${alike} print the same, ${script.length - alike} differ in what is listed below`;
}
