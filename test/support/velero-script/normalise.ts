import { stripVTControlCharacters } from "node:util";
import { JSON_SCHEMA, load } from "js-yaml";

/** What two servers cannot say alike, taken out of what `velero` prints. */
export interface Normalisation {
  readonly what: string;
  readonly pattern: RegExp;
  readonly by: string;
}

/** In this order. */
export const normalisations: readonly Normalisation[] = [
  { what: "uids", pattern: /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, by: "<uid>" },
  {
    what: "times in RFC 3339",
    pattern: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g,
    by: "<time>",
  },
  {
    what: "times as Go prints them",
    pattern: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \+0000 UTC/g,
    by: "<time>",
  },
  { what: "names with a time in them", pattern: /-20\d{12}\b/g, by: "-<stamp>" },
  { what: "resource versions", pattern: /(resourceVersion: )"\d+"/g, by: '$1"<n>"' },
  { what: "generations", pattern: /(generation: )\d+/g, by: "$1<n>" },
  {
    what: "names that the API server or a controller has made up",
    pattern: /\b(velero-cli|web)-[a-z0-9]{5}(?![\w-])/g,
    by: "$1-<generated>",
  },
  { what: "ages and times to go", pattern: /(?<=\s)(?:\d+[dhms])+(?: ago)?(?=\s)/g, by: "<age>" },
  { what: "dots while it waits", pattern: /^\.+$/gm, by: "" },
  { what: "lines of a log", pattern: /^time=.*(?:\n|$)(?:^time=.*(?:\n|$))*/gm, by: "<log>\n" },
  {
    what: "several blanks, as columns are as wide as what is in them",
    pattern: /[ \t]+/g,
    by: " ",
  },
  { what: "blanks at the end of a line", pattern: / +$/gm, by: "" },
];

/** One line for each leaf, less managedFields: order of keys and breaks of lines say nothing. */
function leaves(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value) && value.length > 0) {
    return value.flatMap((one) => leaves(one, `${path}[]`));
  }
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) {
    return [`${path}: ${JSON.stringify(value)}`];
  }
  const fields = Object.entries(value).filter(([key]) => key !== "managedFields");
  return fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, one]) => leaves(one, path === "" ? key : `${path}.${key}`));
}

/** JSON and YAML leaf by leaf; other text as it is. */
function readable(text: string): string {
  if (!/^(?:\{|---|apiVersion:)/.test(text)) return text;
  return leaves(load(text, { schema: JSON_SCHEMA }), "").join("\n");
}

export interface Printed {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Line by line. `own`: texts of the side that stand for something, such as its bucket. */
export function normalise(
  { status, stdout, stderr }: Printed,
  own: ReadonlyMap<string, string>,
): readonly string[] {
  const parts = [`exit ${status}`, readable(stripVTControlCharacters(stdout))];
  if (stderr !== "") parts.push("on stderr:", stripVTControlCharacters(stderr));
  let normal = parts.join("\n");
  for (const [value, name] of own) normal = normal.replaceAll(value, name);
  for (const { pattern, by } of normalisations) normal = normal.replace(pattern, by);
  return normal.split("\n").filter((line) => line !== "");
}

/** For a person. */
export const renderNormalisations = (): string =>
  [
    "what two servers cannot say alike, and is taken out before outputs are compared:",
    "  JSON and YAML: leaf by leaf, without managedFields, with the keys in order",
    "  names of the side's own bucket, home folder and API server",
    ...normalisations.map(
      ({ what, pattern, by }) => `  ${what}: ${pattern} -> ${JSON.stringify(by)}`,
    ),
  ].join("\n");
