import { asItWasTyped } from "../../domain/restore/continue-command.ts";

/** Flags that say where a command looks, which the next one needs as well. */
const placeFlags = [
  { name: "storage-location", shown: "store", aliases: ["store"] },
  { name: "kubeconfig", aliases: [] },
  { name: "context", aliases: ["kubecontext"] },
  { name: "as", aliases: [] },
  { name: "as-group", aliases: [], isList: true },
  { name: "config-dir", aliases: ["config"] },
  { name: "namespace", aliases: [], short: "n" },
  { name: "mode", aliases: [] },
] as const;

type PlaceFlag = (typeof placeFlags)[number]["name"];

const context = ["kubeconfig", "context"] as const;
const cluster = [...context, "as", "as-group", "config-dir"] as const;
const server = [...cluster, "namespace", "mode"] as const;
const location = ["storage-location", ...server] as const;

/** Commands that are suggested, with the flags of these that they take. */
const suggested: readonly { readonly words: RegExp; readonly takes: readonly PlaceFlag[] }[] = [
  {
    words: /backup (?:(?!create\b|cancel\b)[a-z]+|create(?= \S+ --plan\b))/,
    takes: location,
  },
  { words: /restore (?!cancel\b)[a-z]+/, takes: location },
  { words: /diff/, takes: location },
  { words: /(?:backup|restore) cancel/, takes: server },
  { words: /backup-location (?!test\b)[a-z]+/, takes: server },
  { words: /backup-location test/, takes: ["config-dir"] },
  { words: /schedule create/, takes: location },
  { words: /(?:schedule (?!create\b)|snapshot-location )[a-z]+/, takes: server },
  { words: /mode get/, takes: ["config-dir"] },
  { words: /mode set/, takes: [...context, "config-dir"] },
  { words: /(?:un)?install/, takes: cluster },
];

/**
 * Commands that a text suggests, with the location, the cluster and the user that were named on the
 * line, without which they would look elsewhere. One that was typed before stands as it was.
 */
export function suggestAtPlace(text: string, argv: readonly string[]): string {
  if (!text.includes("ark-ts ")) return text;
  const typed = new Map(placeFlags.map((flag) => [flag.name, flagTexts(flag, own(argv))]));
  return suggested.reduce((told, { words, takes }) => {
    if (takes.every((name) => typed.get(name)?.length === 0)) return told;
    const command = new RegExp(
      `(?<!${asItWasTyped})\\bark-ts ${words.source}(?![-\\w])(?=(${restOfLine.source}))`,
      "g",
    );
    return told.replace(command, (found: string, rest: string) => {
      const open = takes.filter((name) => !isIn(rest, name));
      return `${found}${open.flatMap((name) => typed.get(name) ?? []).join("")}`;
    });
  }, text);
}

/** What follows the words of a command, as far as it can be of it. */
const restOfLine = /(?: +[^\s,;()`]+)*/;

/** A command that itself says where it looks is not told otherwise. */
function isIn(rest: string, name: PlaceFlag): boolean {
  const names: readonly string[] = name === "storage-location" ? [name, "store"] : [name];
  return names.some((one) => new RegExp(`(?:^| )--${one}(?=[ =]|$)`).test(rest));
}

/** On some commands `--config` is the provider's, and no place. */
function own(argv: readonly string[]): readonly string[] {
  if (!argv.some((word) => /^(?:(?:backup|snapshot)-location|plugin)s?$/.test(word))) return argv;
  return argv.filter((word, at) => !/^--config(?:=|$)/.test(word) && argv[at - 1] !== "--config");
}

/** As they are to be typed again, each after a blank; of several the last counts, as when it ran. */
function flagTexts(flag: (typeof placeFlags)[number], argv: readonly string[]): readonly string[] {
  const spellings = [flag.name, ...flag.aliases].map((name) => `--${name}`);
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  const values = words.flatMap((word, at) => {
    const typed = spellings.find((name) => word === name || word.startsWith(`${name}=`));
    if (typed === undefined) return shortValue(flag, word, words[at + 1]);
    return [word === typed ? (words[at + 1] ?? "") : word.slice(typed.length + 1)];
  });
  const counting = "isList" in flag ? values : values.slice(-1);
  const shown = "shown" in flag ? flag.shown : flag.name;
  return counting.filter((value) => value !== "").map((value) => ` --${shown} ${shellWord(value)}`);
}

/** `-n x`, `-n=x` and `-nx`. */
function shortValue(
  flag: (typeof placeFlags)[number],
  word: string,
  next: string | undefined,
): readonly string[] {
  if (!("short" in flag) || !word.startsWith(`-${flag.short}`)) return [];
  const rest = word.slice(2);
  return rest === "" ? [next ?? ""] : [rest.replace(/^=/, "")];
}

/** As a shell takes it for one word. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
