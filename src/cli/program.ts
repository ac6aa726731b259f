import { Argument, Command, type Help, Option } from "commander";
import { childOf, type GroupSpec, isGroup, type LeafSpec, shownChildren } from "./command-spec.ts";
import { type FlagSpec, type FlagValue, placeholderOf, takesValue } from "./flag-spec.ts";
import { addFlagValue } from "./flag-values.ts";

/** Called with what was typed after a command's words; answers nothing, may throw an ArkError. */
export type LeafAction = (
  leaf: LeafSpec,
  args: readonly string[],
  flags: ReadonlyMap<string, FlagValue>,
) => Promise<void>;

const specs = new WeakMap<Option, FlagSpec>();

/**
 * The commander program for the branch that `words` reach: its root, the groups on the way and
 * the command, or the names of what is below a group. Other branches are not built.
 */
export function buildProgram(
  root: GroupSpec,
  words: readonly string[],
  action: LeafAction,
  helpWidth: number,
): { readonly program: Command; readonly asked: Command } {
  const program = groupCommand(root, helpWidth);
  let asked = program;
  let group = root;
  for (const word of words) {
    const node = childOf(group, word);
    if (node === undefined) break;
    const next = isGroup(node)
      ? groupCommand(node, helpWidth)
      : leafCommand(node, action, helpWidth, word);
    asked.addCommand(next);
    asked = next;
    if (!isGroup(node)) return { program, asked };
    group = node;
  }
  for (const child of shownChildren(group)) {
    asked.addCommand(
      baseCommand(child.name, child.summary, helpWidth).helpGroup(
        child.hidden === true ? "Verb first, as velero and kubectl have it:" : "Commands:",
      ),
    );
  }
  return { program, asked };
}

function baseCommand(name: string, summary: string, helpWidth: number): Command {
  return new Command(name)
    .summary(summary)
    .helpCommand(false)
    .helpOption(false)
    .exitOverride()
    .configureHelp({ helpWidth, optionTerm, subcommandTerm: (command) => command.name() });
}

function groupCommand(group: GroupSpec, helpWidth: number): Command {
  const command = baseCommand(group.name, group.summary, helpWidth).usage("COMMAND");
  command.description(sentence(group.summary));
  command.addHelpText("after", `\nFor one command: ${lineOf(group)} COMMAND --help`);
  return command;
}

const lineOf = (group: GroupSpec): string =>
  group.name === "ark-ts" ? "ark-ts" : `ark-ts ${group.name}`;

const sentence = (clause: string): string =>
  `${clause.slice(0, 1).toUpperCase()}${clause.slice(1)}${clause.endsWith(".") ? "" : "."}`;

function leafCommand(leaf: LeafSpec, action: LeafAction, helpWidth: number, word: string): Command {
  const command = baseCommand(word, leaf.summary, helpWidth);
  command.description([sentence(leaf.summary), ...(leaf.details ?? [])].join("\n\n"));
  for (const arg of leaf.args ?? []) {
    const term = `${arg.name}${arg.variadic ? "..." : ""}`;
    command.addArgument(new Argument(arg.required ? `<${term}>` : `[${term}]`, arg.help));
  }
  command.usage(
    [
      ...(leaf.args ?? []).map(({ name, required, variadic }) => {
        const term = `${name}${variadic ? "..." : ""}`;
        return required ? term : `[${term}]`;
      }),
      "[FLAGS]",
    ].join(" "),
  );
  const collected = new Map<string, FlagValue>();
  for (const flag of leaf.flags) command.addOption(optionOf(flag, collected));
  if (leaf.examples !== undefined) {
    command.addHelpText(
      "after",
      ["", "Examples:", ...leaf.examples.map((line) => `  ${line}`)].join("\n"),
    );
  }
  command.action(async () => {
    await action(leaf, command.args, collected);
  });
  return command;
}

function optionOf(flag: FlagSpec, collected: Map<string, FlagValue>): Option {
  const option = new Option(`--${flag.name} <value>`, flag.help)
    .helpGroup(flag.heading ?? "Flags:")
    .argParser((raw: string) => {
      collected.set(flag.name, addFlagValue(flag, raw, collected.get(flag.name)));
      return raw;
    });
  specs.set(option, flag);
  return option;
}

function optionTerm(this: Help, option: Option): string {
  const flag = specs.get(option);
  if (flag === undefined) return option.flags;
  const short = flag.short === undefined ? "" : `-${flag.short}, `;
  const names = [flag.name, ...(flag.aliases ?? [])].map((name) => `--${name}`).join(", ");
  if (takesValue(flag)) return `${short}${names} ${placeholderOf(flag)}`;
  return flag.placeholder === undefined
    ? `${short}${names}`
    : `${short}${names}[=${flag.placeholder}]`;
}
