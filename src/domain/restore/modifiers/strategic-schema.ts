import { strategicTypes } from "./strategic-types.ts";

/** How a strategic patch merges one field. */
export interface FieldSchema {
  /** Name of its type, or of that of its elements; absent: anything goes inside. */
  readonly type?: string;
  /** Its keys are free; the type is that of the values. */
  readonly isMap: boolean;
  /** Of a list: `merge` elements by `key` (empty: scalars, each once), else it is replaced. */
  readonly list?: { readonly merge: boolean; readonly key: string };
}

export type TypeSchema = ReadonlyMap<string, FieldSchema>;

let types: ReadonlyMap<string, string> | undefined;
const schemas = new Map<string, TypeSchema>();

/**
 * Of a line `name field field…`; a field is `name`, `name:Type`, `name{}:Type` (a map), `name[]`
 * (replaced), `name[key]:Type` (merged by key), `name[+]` (scalars, each once); a `!` behind the
 * name says that patches name the keys to be kept. Undefined: no such type.
 */
export function schemaOf(type: string): TypeSchema | undefined {
  const known = schemas.get(type);
  if (known !== undefined) return known;
  types ??= new Map(
    strategicTypes
      .trim()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]),
  );
  const line = types.get(type);
  if (line === undefined) return undefined;
  const schema = new Map(line.split(" ").map(readField));
  schemas.set(type, schema);
  return schema;
}

/** The type of a kind; undefined: it is none of the table. */
export function typeOfKind(apiVersion: string, kind: string): string | undefined {
  const root = schemaOf(`=${apiVersion}/${kind}`);
  return root && [...root.keys()][0];
}

function readField(text: string): [string, FieldSchema] {
  const match = /^([^!:[{]+)!?(\[([^\]]*)\])?(\{\})?(?::(.+))?$/.exec(text);
  const [, name = "", brackets, key = "", braces, type] = match ?? [];
  return [
    name,
    {
      ...(type === undefined ? {} : { type }),
      isMap: braces !== undefined,
      ...(brackets === undefined
        ? {}
        : { list: { merge: key !== "", key: key === "+" ? "" : key } }),
    },
  ];
}
