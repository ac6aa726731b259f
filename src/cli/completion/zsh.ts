import type { GroupSpec } from "../command-spec.ts";
import {
  type CompletionFlag,
  type CompletionLine,
  completionLines,
  placeFlags,
} from "./completion-lines.ts";

/** A completion script for zsh: to be saved as `_ark-ts` in a folder of fpath, or sourced. */
export function zshCompletion(root: GroupSpec): string {
  const lines = completionLines(root);
  return `#compdef ark-ts
# Completion of ark-ts for zsh.
_ark_ts_names() {
  local -a place names
  local at
  for (( at = 1; at < CURRENT; at++ )); do
    case \${words[at]} in
      ${placeFlags.join("|")})
        (( at + 1 < CURRENT )) && place+=("\${words[at]}" "\${(Q)words[at+1]}") ;;
      ${placeFlags.map((flag) => `${flag}=*`).join("|")}) place+=("\${(Q)words[at]}") ;;
    esac
  done
  names=(\${(f)"$(command ark-ts __names $1 "\${place[@]}" 2>/dev/null)"})
  compadd -a names
}
_ark_ts() {
  local at=2 path_="" word
  while (( at < CURRENT )); do
    word=\${words[at]}
    case "$path_/$word" in
${lines
  .filter(({ path }) => path !== "")
  .map(pathCase)
  .join("\n")}
    esac
    (( at++ ))
  done
  case "$path_" in
${lines.map(lineCase).join("\n")}
  esac
}
if [[ \${funcstack[1]} == _ark_ts || \${funcstack[1]} == _ark-ts ]]; then
  _ark_ts "$@"
else
  compdef _ark_ts ark-ts
fi
`;
}

const single = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const describeText = (text: string): string => text.replace(/[\\[\]:]/g, (char) => `\\${char}`);

function pathCase({ path }: CompletionLine): string {
  const words = path.split(" ");
  return `      ${single(`${words.slice(0, -1).join(" ")}/${words.at(-1)}`)}) path_=${single(path)} ;;`;
}

function lineCase({ path, children, flags, values, names }: CompletionLine): string {
  if (children.length > 0) {
    const words = children.map(({ name, summary }) => single(`${name}:${describeText(summary)}`));
    return `    ${single(path)}) local -a names=(${words.join(" ")}); _describe command names ;;`;
  }
  const depth = path.split(" ").length;
  const rest =
    names === undefined
      ? [values.length > 0 ? `'*:value:(${values.join(" ")})'` : "'*: :'"]
      : names.each
        ? [`'*:name: _ark_ts_names ${names.of}'`]
        : [`'1:name: _ark_ts_names ${names.of}'`, "'*: :'"];
  return [
    `    ${single(path)})`,
    `      words=("\${(@)words[${depth + 1},-1]}"); (( CURRENT -= ${depth} ))`,
    `      _arguments -S ${[...flags.map(flagSpec), ...rest].join(" \\\n        ")} ;;`,
  ].join("\n");
}

function flagSpec({ name, help, choices, complete, takesValue }: CompletionFlag): string {
  const text = `[${describeText(help)}]`;
  if (!takesValue) return single(`*${name}${text}`);
  const action = {
    choices: `(${choices.join(" ")})`,
    file: "_files",
    dir: "_files -/",
    none: " ",
    backups: " _ark_ts_names backups",
    restores: " _ark_ts_names restores",
    locations: " _ark_ts_names locations",
  }[complete];
  const joined = name.startsWith("--") ? "=" : "+";
  return single(`*${name}${joined}${text}:value:${action}`);
}
