import { usageError } from "./usage-error.ts";

/**
 * Splits on commas as pflag does: a field in double quotes may hold commas, and `""` in it is one
 * quote. Blanks around plain fields are dropped; empty fields stay, for the caller to refuse.
 */
export function splitCommaList(text: string, where: string): string[] {
  const fields: string[] = [];
  let rest: string | undefined = text;
  while (rest !== undefined) {
    const field: Field = rest.trimStart().startsWith('"')
      ? quotedField(rest.trimStart(), where)
      : plainField(rest);
    fields.push(field.value);
    rest = field.rest;
  }
  return fields;
}

interface Field {
  readonly value: string;
  /** After the comma that ends the field; undefined for the last one. */
  readonly rest: string | undefined;
}

function plainField(text: string): Field {
  const comma = text.indexOf(",");
  const value = (comma === -1 ? text : text.slice(0, comma)).trim();
  return { value, rest: comma === -1 ? undefined : text.slice(comma + 1) };
}

function quotedField(text: string, where: string): Field {
  let value = "";
  let at = 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) throw usageError(`${where}: a double quote is not closed in ${text}`);
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') {
      const rest = text.slice(quote + 1).trimStart();
      if (rest !== "" && !rest.startsWith(",")) {
        throw usageError(`${where}: after a closing double quote a comma must follow in ${text}`);
      }
      return { value, rest: rest === "" ? undefined : rest.slice(1) };
    }
    value += '"';
    at = quote + 2;
  }
}
