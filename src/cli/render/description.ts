/** One line of a description: `Key:  value`, a heading, an indented text, or an empty line. */
export type DescriptionLine =
  | { readonly key: string; readonly value: string; readonly indent?: number }
  | { readonly text: string; readonly indent?: number }
  | "";

/** Keys that follow each other at one depth share the column of their values, as Velero has it. */
export function renderDescription(lines: readonly DescriptionLine[]): string {
  let text = "";
  for (let at = 0; at < lines.length; ) {
    const block: Extract<DescriptionLine, { key: string }>[] = [];
    for (let line = lines[at]; isField(line); line = lines[at]) {
      block.push(line);
      at += 1;
    }
    text += renderBlock(block);
    const line = lines[at];
    if (block.length > 0 || line === undefined) continue;
    if (line === "") text += "\n";
    else if ("text" in line) text += indented(line.text, line.indent ?? 0);
    at += 1;
  }
  return text;
}

function isField(line: DescriptionLine | undefined): line is { key: string; value: string } {
  return typeof line === "object" && "key" in line;
}

function renderBlock(
  block: readonly { readonly key: string; readonly value: string; readonly indent?: number }[],
): string {
  const head = (line: { key: string; indent?: number }) =>
    `${" ".repeat(line.indent ?? 0)}${line.key}:`;
  const width = Math.max(0, ...block.map((line) => head(line).length)) + 2;
  return block
    .map((line) => {
      const [first = "", ...more] = line.value.split("\n");
      const rest = more.map((text) => `${" ".repeat(width)}${text}`.trimEnd());
      return `${[`${head(line).padEnd(width)}${first}`.trimEnd(), ...rest].join("\n")}\n`;
    })
    .join("");
}

function indented(text: string, indent: number): string {
  return text
    .split("\n")
    .map((line) => `${" ".repeat(indent)}${line}\n`)
    .join("");
}

/** A list as Velero shows it: `a, b`, or `none` where it is empty. */
export function listed(items: readonly string[] | undefined, none = "<none>"): string {
  return items === undefined || items.length === 0 ? none : items.join(", ");
}

/** `true`, `false`, or `auto` where it is not set. */
export function triState(value: boolean | undefined): string {
  return value === undefined ? "auto" : String(value);
}

/** Labels or annotations, one in a line. */
export function pairs(map: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0
    ? "<none>"
    : entries.map(([key, value]) => `${key}=${value}`).join("\n");
}
