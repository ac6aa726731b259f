import type { CliEnvironment } from "./environment.ts";
import type { ExitStatus } from "./exit-codes.ts";
import type { FlagSpec, LaterFlag } from "./flag-spec.ts";
import type { FlagValues } from "./flag-values.ts";

/** What has names that a shell can complete. */
export type NamedNoun = "backups" | "restores" | "locations";

export interface ArgumentSpec {
  readonly name: string;
  readonly required: boolean;
  /** Takes all that follow; last argument only. */
  readonly variadic: boolean;
  readonly help: string;
  /** Completed with these names. */
  readonly names?: NamedNoun;
}

/** One command as it was typed, checked against its spec. */
export interface Invocation {
  /** Names of the noun-first form, such as `["backup", "create"]`. */
  readonly path: readonly string[];
  readonly args: readonly string[];
  readonly flags: FlagValues;
  readonly environment: CliEnvironment;
  /** The whole tree, for commands that speak about commands. */
  readonly tree: GroupSpec;
}

/** What a command's module exports: `run` answers the exit status or throws an ArkError. */
export interface CommandModule {
  run(invocation: Invocation): Promise<ExitStatus>;
}

/** A group of commands (a noun). */
export interface GroupSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly children: readonly CommandNode[];
  /** Words below this group that are refused, with a sentence. */
  readonly later?: Readonly<Record<string, string>>;
  /** Words that name nothing here and never will, with what to type or know instead. */
  readonly otherwise?: Readonly<Record<string, string>>;
  /** Left out of the parent's help. */
  readonly hidden?: boolean;
}

/** A command that does something. Its module is loaded when it runs, never for help. */
export interface LeafSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** Paragraphs after the summary. */
  readonly details?: readonly string[];
  readonly examples?: readonly string[];
  readonly args?: readonly ArgumentSpec[];
  readonly flags: readonly FlagSpec[];
  readonly later?: readonly LaterFlag[];
  /** Path of the noun-first form. */
  readonly path: readonly string[];
  /** For programs: in no help and no completion. */
  readonly hidden?: boolean;
  readonly load: () => Promise<CommandModule>;
}

export type CommandNode = GroupSpec | LeafSpec;

export function isGroup(node: CommandNode): node is GroupSpec {
  return "children" in node;
}

/** What is below a group for people to see. */
export function shownChildren(group: GroupSpec): readonly CommandNode[] {
  return group.children.filter((child) => isGroup(child) || child.hidden !== true);
}

export function childOf(group: GroupSpec, word: string): CommandNode | undefined {
  return group.children.find(
    (child) => child.name === word || child.aliases?.includes(word) === true,
  );
}

/** Every command below `root` with the words that reach it. */
export function* leavesOf(
  root: GroupSpec,
  words: readonly string[] = [],
): Generator<{ readonly words: readonly string[]; readonly leaf: LeafSpec }> {
  for (const child of root.children) {
    const path = [...words, child.name];
    if (isGroup(child)) yield* leavesOf(child, path);
    else yield { words: path, leaf: child };
  }
}
