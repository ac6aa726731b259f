import type { GroupSpec } from "../command-spec.ts";
import { type CompletionLine, completionLines, placeFlags } from "./completion-lines.ts";

/**
 * A completion script for bash 3.2 and newer, without need of the bash-completion package. Bash
 * splits words at `=` and `:`, so `--store=s3://b` arrives as five.
 */
export function bashCompletion(root: GroupSpec): string {
  const lines = completionLines(root);
  return `# Completion of ark-ts for bash. In ~/.bashrc: source <(ark-ts completion bash)
_ark_ts_names() {
  command "\${COMP_WORDS[0]}" __names "$@" 2>/dev/null
}
_ark_ts_takes_value() {
  case "$1" in
    ${lines.flatMap(valuePatterns).join("|\\\n    ")}) return 0 ;;
  esac
  return 1
}
_ark_ts() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local path="" word value at count=0 candidates=""
  local -a place
  place=()
  COMPREPLY=()
  if [[ $current == "=" ]]; then
    current=""
  elif [[ $previous == "=" ]]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    case "$path/$word" in
${lines
  .filter(({ path }) => path !== "")
  .map(pathCase)
  .join("\n")}
    esac
    if _ark_ts_takes_value "$path/$word"; then
      ((at++))
      [[ \${COMP_WORDS[at]} == "=" ]] && ((at++))
      ((at < COMP_CWORD)) || break
      value=\${COMP_WORDS[at]}
      while [[ \${COMP_WORDS[at+1]} == ":" ]]; do
        value+=\${COMP_WORDS[at+1]}\${COMP_WORDS[at+2]}
        ((at += 2))
      done
      case "$word" in
        ${placeFlags.join("|")}) place+=("$word" "$value") ;;
      esac
    elif [[ $word != -* ]]; then
      count=$((count + 1))
    fi
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
const namesOf = (noun: string): string => `"$(_ark_ts_names ${noun} \${place[@]+"\${place[@]}"})"`;

function pathCase({ path }: CompletionLine): string {
  const words = path.split(" ");
  const parent = words.slice(0, -1).join(" ");
  return `      ${quoted(`${parent}/${words.at(-1)}`)}) path=${quoted(path)}; count=0; continue ;;`;
}

function valuePatterns({ path, flags }: CompletionLine): string[] {
  return flags.filter((flag) => flag.takesValue).map(({ name }) => quoted(`${path}/${name}`));
}

function valueCases({ path, flags }: CompletionLine): string[] {
  return flags
    .filter((flag) => flag.takesValue)
    .map(({ name, choices, complete }) => {
      const words = (list: string): string => `COMPREPLY=($(compgen -W ${list} -- "$current"))`;
      const action = {
        choices: words(quoted(choices.join(" "))),
        none: ":",
        file: 'COMPREPLY=($(compgen -f -- "$current"))',
        dir: 'COMPREPLY=($(compgen -d -- "$current"))',
        backups: words(namesOf("backups")),
        restores: words(namesOf("restores")),
        locations: words(namesOf("locations")),
      }[complete];
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

function wordCase({ path, children, values, names }: CompletionLine): string {
  const words = [...children.map(({ name }) => name), ...values];
  const candidates = `candidates=${names === undefined ? quoted(words.join(" ")) : namesOf(names.of)}`;
  const isFirst = names?.each === false ? "((count == 0)) && " : "";
  return `      ${quoted(path)}) ${isFirst}${candidates} ;;`;
}
