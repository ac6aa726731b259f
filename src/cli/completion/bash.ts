import type { GroupSpec } from "../command-spec.ts";
import { type CompletionLine, completionLines } from "./completion-lines.ts";

/** A completion script for bash 3.2 and newer, without need of the bash-completion package. */
export function bashCompletion(root: GroupSpec): string {
  const lines = completionLines(root);
  return `# Completion of ark-ts for bash. In ~/.bashrc: source <(ark-ts completion bash)
_ark_ts() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path="" word at candidates=""
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    case "$path/$word" in
${lines
  .filter(({ path }) => path !== "")
  .map(pathCase)
  .join("\n")}
    esac
  done
  case "$path/$previous" in
${lines.flatMap(valueCases).join("\n")}
  esac
  if [[ $current == -* ]]; then
    case "$path" in
${lines
  .filter(({ flags }) => flags.length > 0)
  .map(flagCase)
  .join("\n")}
    esac
  else
    case "$path" in
${lines.map(wordCase).join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
}
complete -F _ark_ts ark-ts
`;
}

const quoted = (text: string): string => `"${text}"`;

function pathCase({ path }: CompletionLine): string {
  const words = path.split(" ");
  const parent = words.slice(0, -1).join(" ");
  return `      ${quoted(`${parent}/${words.at(-1)}`)}) path=${quoted(path)} ;;`;
}

function valueCases({ path, flags }: CompletionLine): string[] {
  return flags
    .filter((flag) => flag.takesValue)
    .map(({ name, choices, complete }) => {
      const action =
        complete === "choices"
          ? `COMPREPLY=($(compgen -W ${quoted(choices.join(" "))} -- "$current"))`
          : complete === "none"
            ? ":"
            : `COMPREPLY=($(compgen -${complete === "file" ? "f" : "d"} -- "$current"))`;
      return `    ${quoted(`${path}/${name}`)}) ${action}; return ;;`;
    });
}

function flagCase({ path, flags }: CompletionLine): string {
  const names = [
    ...flags.map(({ name }) => name).filter((name) => name.startsWith("--")),
    "--help",
  ];
  return `      ${quoted(path)}) candidates=${quoted(names.join(" "))} ;;`;
}

function wordCase({ path, children, values }: CompletionLine): string {
  const words = [...children.map(({ name }) => name), ...values];
  return `      ${quoted(path)}) candidates=${quoted(words.join(" "))} ;;`;
}
