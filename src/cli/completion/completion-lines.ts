import {
  type CommandNode,
  type GroupSpec,
  isGroup,
  type LeafSpec,
  type NamedNoun,
  shownChildren,
} from "../command-spec.ts";
import { type FlagSpec, placeholderOf, takesValue } from "../flag-spec.ts";

/** What can follow the words typed so far; the same facts for every shell. */
export interface CompletionLine {
  /** Words after `ark-ts` that lead here, aliases resolved: "" or "backup create". */
  readonly path: string;
  readonly children: readonly { readonly name: string; readonly summary: string }[];
  readonly flags: readonly CompletionFlag[];
  /** Fixed values of the first argument. */
  readonly values: readonly string[];
  /** Names that the first argument takes, or each. */
  readonly names: { readonly of: NamedNoun; readonly each: boolean } | undefined;
}

export interface CompletionFlag {
  /** With dashes. */
  readonly name: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  /** What its value is completed with. */
  readonly complete: "file" | "dir" | "choices" | "none" | NamedNoun;
  readonly help: string;
}

/** Flags that say where names are to be looked for. */
export const placeFlags: readonly string[] = [
  "--storage-location",
  "--store",
  "--config-dir",
  "--config",
];

/** All places in the tree, groups and commands, each alias path too. */
export function completionLines(root: GroupSpec): CompletionLine[] {
  return linesBelow(root, []);
}

function linesBelow(group: GroupSpec, path: readonly string[]): CompletionLine[] {
  const own: CompletionLine = {
    path: path.join(" "),
    children: shownChildren(group).map(({ name, summary }) => ({ name, summary })),
    flags: [],
    values: [],
    names: undefined,
  };
  const below = shownChildren(group).flatMap((child) =>
    namesOf(child).flatMap((name) =>
      isGroup(child) ? linesBelow(child, [...path, name]) : [leafLine(child, [...path, name])],
    ),
  );
  return [own, ...below];
}

const namesOf = (node: CommandNode): readonly string[] => [node.name, ...(node.aliases ?? [])];

function leafLine(leaf: LeafSpec, path: readonly string[]): CompletionLine {
  const first = leaf.args?.[0];
  const values = /^(\w+(?:, \w+)* or \w+)$/.exec(first?.help ?? "")?.[1];
  return {
    path: path.join(" "),
    children: [],
    flags: leaf.flags.flatMap(completionFlags),
    values: values === undefined ? [] : values.split(/, | or /),
    names: first?.names && { of: first.names, each: first.variadic },
  };
}

function completionFlags(flag: FlagSpec): CompletionFlag[] {
  const choices = flag.choices ?? [];
  const placeholder = placeholderOf(flag);
  const complete =
    choices.length > 0
      ? "choices"
      : placeholder === "FILE"
        ? "file"
        : placeholder === "DIR"
          ? "dir"
          : (flag.names ?? "none");
  const names = [flag.name, ...(flag.aliases ?? [])].map((name) => `--${name}`);
  if (flag.short !== undefined) names.push(`-${flag.short}`);
  return names.map((name) => ({
    name,
    takesValue: takesValue(flag),
    choices,
    complete,
    help: flag.help,
  }));
}
