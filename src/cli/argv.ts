import { closestMatch } from "../lib/closest-match.ts";
import {
  type CommandNode,
  childOf,
  type GroupSpec,
  isGroup,
  type LeafSpec,
  leavesOf,
  type NamedNoun,
} from "./command-spec.ts";
import { type FlagSpec, type LaterFlag, placeholderOf, takesValue } from "./flag-spec.ts";
import { usageError } from "./usage-error.ts";

/** What a typed line asks for. */
export type Request =
  | { readonly kind: "help"; readonly words: readonly string[] }
  | {
      readonly kind: "run";
      /** Words that reach the command, by their canonical names. */
      readonly words: readonly string[];
      /** Flags as `--name=value` under canonical names, then `--`, then positionals. */
      readonly argv: readonly string[];
    };

interface TypedFlag {
  /** As typed, with its dashes and without its value. */
  readonly typed: string;
  readonly value: string | undefined;
  readonly flag: FlagSpec | undefined;
}

interface FlagTable {
  readonly long: ReadonlyMap<string, FlagSpec | LaterFlag>;
  readonly short: ReadonlyMap<string, FlagSpec | LaterFlag>;
}

/**
 * Reads a line as users of kubectl and velero type it: `--flag=value`, `--flag value`, `-nx`,
 * `-n=x`, `-n x`, bare booleans that never take the next word, `--flag=false`, flags before and
 * after the command, and `--`. Errors: ARK_USAGE, one sentence with the closest match.
 */
export function readCommandLine(argv: readonly string[], root: GroupSpec): Request {
  const { flags, words } = scan(argv, tableFinder(root));
  const help = flags.some(isHelp);
  if (argv.length > 0 && flags.length === argv.length && flags.every(isVersion)) {
    return readCommandLine(["version"], root);
  }
  const asked = words.plain[0] === "help" ? words.plain.slice(1) : words.plain;
  const { path, node, rest } = descend(root, asked);
  if (isGroup(node)) {
    const next = rest[0];
    if (next === "help") return { kind: "help", words: path };
    if (next !== undefined) throw unknownCommand(path, node, next);
    const stray = flags.find((flag) => !isHelp(flag));
    if (stray !== undefined && !help) throw strayFlag(stray, node, path);
    return { kind: "help", words: path };
  }
  if (help || words.plain[0] === "help") return { kind: "help", words: path };
  const own = flagTable([node]);
  const canonical = flags.map((flag) => canonicalFlag(flag, own, node));
  const args = node.args ?? [];
  const positionals = [...rest, ...words.literal].map((word, at) =>
    plainName(word, (args[at] ?? args.at(-1))?.names),
  );
  checkPositionals(node, positionals);
  return { kind: "run", words: path, argv: [...path, ...canonical, "--", ...positionals] };
}

/** A name as `-o name` and kubectl print it, `backup/nightly`, less what says of what. */
function plainName(word: string, of: NamedNoun | undefined): string {
  if (of !== "backups" && of !== "restores") return word;
  const [noun = "", name, ...more] = word.split("/");
  const plain = noun.replace(/(?:\.velero\.io)?$/, "").replace(/s$/, "");
  return name !== undefined && more.length === 0 && `${plain}s` === of ? name : word;
}

const isHelp = (flag: TypedFlag): boolean => isSwitch(flag, "--help", "-h");
const isVersion = (flag: TypedFlag): boolean => isSwitch(flag, "--version");

/** Flags that are no flag of a command: they ask for something else than what is typed. */
function isSwitch({ typed, value }: TypedFlag, ...names: readonly string[]): boolean {
  if (!names.includes(typed)) return false;
  if (value === undefined || value === "true") return true;
  throw usageError(
    `${typed} takes no value, and got "${value}"`,
    "leave it out if it is not meant",
  );
}

/** The flags that count after the words so far: the command's own first, then those of any. */
function tableFinder(root: GroupSpec): (words: readonly string[]) => FlagTable {
  const leaves = [...leavesOf(root)].map(({ leaf }) => leaf);
  const union = flagTable(leaves);
  return (words) => {
    const { node } = descend(root, words[0] === "help" ? words.slice(1) : words);
    return isGroup(node) ? union : flagTable([node, ...leaves]);
  };
}

function flagTable(leaves: readonly LeafSpec[]): FlagTable {
  const long = new Map<string, FlagSpec | LaterFlag>();
  const short = new Map<string, FlagSpec | LaterFlag>();
  const offer = (table: typeof long, key: string, flag: FlagSpec | LaterFlag) => {
    if (!table.has(key)) table.set(key, flag);
  };
  for (const flag of leaves.flatMap((leaf) => leaf.flags)) {
    for (const name of [flag.name, ...(flag.aliases ?? [])]) offer(long, name, flag);
    if (flag.short !== undefined) offer(short, flag.short, flag);
  }
  for (const flag of leaves.flatMap((leaf) => leaf.later ?? [])) {
    offer(long, flag.name, flag);
    if (flag.short !== undefined) offer(short, flag.short, flag);
  }
  return { long, short };
}

const wantsValue = (flag: FlagSpec | LaterFlag): boolean =>
  "kind" in flag ? takesValue(flag) : flag.takesValue;

/** Splits into flags and words; `literal` words stood after `--`. */
function scan(
  argv: readonly string[],
  tableAfter: (words: readonly string[]) => FlagTable,
): { flags: TypedFlag[]; words: { plain: string[]; literal: string[] } } {
  const flags: TypedFlag[] = [];
  const plain: string[] = [];
  const queue = [...argv];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === "--") return { flags, words: { plain, literal: queue } };
    if (word.startsWith("--")) flags.push(longFlag(word, queue, tableAfter(plain)));
    else if (word.startsWith("-") && word !== "-") {
      flags.push(...shortFlags(word, queue, tableAfter(plain)));
    } else plain.push(word);
  }
  return { flags, words: { plain, literal: [] } };
}

function longFlag(word: string, queue: string[], table: FlagTable): TypedFlag {
  const at = word.indexOf("=");
  const typed = at === -1 ? word : word.slice(0, at);
  const flag = table.long.get(typed.slice(2));
  if (at !== -1) return typedFlag(typed, word.slice(at + 1), flag);
  if (flag === undefined || !wantsValue(flag)) return typedFlag(typed, undefined, flag);
  return typedFlag(typed, nextWord(typed, flag, queue), flag);
}

function shortFlags(word: string, queue: string[], table: FlagTable): TypedFlag[] {
  const found: TypedFlag[] = [];
  for (let at = 1; at < word.length; at++) {
    const letter = word.slice(at, at + 1);
    const flag = table.short.get(letter);
    const rest = word.slice(at + 1);
    const typed = `-${letter}`;
    if (rest.startsWith("=")) return [...found, typedFlag(typed, rest.slice(1), flag)];
    if (flag === undefined && letter !== "h") {
      return [...found, typedFlag(found.length === 0 ? word : typed, undefined, undefined)];
    }
    if (flag !== undefined && wantsValue(flag)) {
      return [...found, typedFlag(typed, rest === "" ? nextWord(typed, flag, queue) : rest, flag)];
    }
    found.push(typedFlag(typed, undefined, flag));
  }
  return found;
}

function typedFlag(
  typed: string,
  value: string | undefined,
  flag: FlagSpec | LaterFlag | undefined,
): TypedFlag {
  return { typed, value, flag: flag !== undefined && "kind" in flag ? flag : undefined };
}

function nextWord(typed: string, flag: FlagSpec | LaterFlag, queue: string[]): string {
  const next = queue[0];
  if (next === undefined || next === "--")
    throw usageError(`${typed} needs a value`, valueHint(flag));
  if (next.startsWith("--")) {
    throw usageError(
      `${typed} needs a value, and ${next} follows`,
      `if it is meant: ${typed}=${next}`,
    );
  }
  queue.shift();
  return next;
}

/** What to write where the value is missing. */
function valueHint(flag: FlagSpec | LaterFlag): string | undefined {
  if (!("kind" in flag)) return undefined;
  const written = placeholderOf(flag).replaceAll("|", " or ");
  return `write --${flag.name} ${written}: ${flag.help}`;
}

function descend(
  root: GroupSpec,
  words: readonly string[],
): { path: string[]; node: CommandNode; rest: readonly string[] } {
  let node: CommandNode = root;
  const path: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const child: CommandNode | undefined = isGroup(node)
      ? childOf(node, words[at] as string)
      : undefined;
    if (child === undefined) return { path, node, rest: words.slice(at) };
    node = child;
    path.push(child.name);
  }
  return { path, node, rest: [] };
}

function unknownCommand(path: readonly string[], group: GroupSpec, word: string): Error {
  const line = ["ark-ts", ...path].join(" ");
  const later = group.later?.[word];
  if (later !== undefined)
    return usageError(`${line} ${word} is not in this version yet: ${later}`);
  const otherwise = group.otherwise?.[word];
  if (otherwise !== undefined) return usageError(`${line} has no command "${word}"`, otherwise);
  const names = group.children.flatMap((child) => [child.name, ...(child.aliases ?? [])]);
  const near = closestMatch(word, names);
  return usageError(
    `${line} has no command "${word}"`,
    near === undefined ? `see ${line} --help` : `did you mean ${line} ${near}?`,
  );
}

function strayFlag(flag: TypedFlag, group: GroupSpec, path: readonly string[]): Error {
  const line = ["ark-ts", ...path].join(" ");
  return usageError(
    `${flag.typed} stands without a command`,
    `name one: ${group.children
      .filter((child) => child.hidden !== true)
      .map((child) => child.name)
      .join(", ")} (see ${line} --help)`,
  );
}

function canonicalFlag(typed: TypedFlag, own: FlagTable, leaf: LeafSpec): string {
  const name = typed.typed.replace(/^--?/, "");
  const flag = typed.typed.startsWith("--") ? own.long.get(name) : own.short.get(name);
  const line = `ark-ts ${leaf.path.join(" ")}`;
  if (flag === undefined) throw unknownFlag(typed, own, line);
  if (!("kind" in flag)) {
    const why = flag.never === true ? "has no meaning here" : "is not in this version yet";
    throw usageError(`${typed.typed} ${why}: ${flag.reason}`);
  }
  if (typed.value !== undefined) {
    return `--${flag.name}=${plainName(typed.value, flag.names)}`;
  }
  if (takesValue(flag)) throw usageError(`${typed.typed} needs a value`, valueHint(flag));
  return `--${flag.name}=true`;
}

function unknownFlag(typed: TypedFlag, own: FlagTable, line: string): Error {
  if (typed.flag !== undefined) {
    return usageError(`${typed.typed} has no effect on ${line}`, `see ${line} --help`);
  }
  const dashes = typed.typed.startsWith("--") ? "--" : "-";
  const known = [...own.long.values()].filter((flag) => "kind" in flag);
  const near = closestMatch(
    typed.typed.replace(/^--?/, ""),
    known.flatMap((flag) => [flag.name, ...("kind" in flag ? (flag.aliases ?? []) : [])]),
  );
  const advice =
    near === undefined || (dashes === "-" && typed.typed.length <= 2)
      ? `see ${line} --help`
      : `did you mean --${near}?`;
  return usageError(`${line} has no flag ${typed.typed}`, advice);
}

function checkPositionals(leaf: LeafSpec, words: readonly string[]): void {
  const args = leaf.args ?? [];
  const line = `ark-ts ${leaf.path.join(" ")}`;
  const missing = args[words.length];
  if (missing?.required === true) {
    throw usageError(`${line} needs ${missing.name}: ${missing.help}`, `see ${line} --help`);
  }
  const extra = words[args.length];
  if (extra === undefined || args[args.length - 1]?.variadic === true) return;
  throw usageError(
    args.length === 0
      ? `${line} takes no argument, and got "${extra}"`
      : `${line} takes only ${args.map((arg) => arg.name).join(" and ")}, and got "${extra}" as well`,
    extra === "true" || extra === "false"
      ? "a flag that is true or false takes its value with =, as in --flag=false"
      : undefined,
  );
}
