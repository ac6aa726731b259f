import type { SchemaNode } from "./schema.ts";

/**
 * What of a value that somebody has written is not as its schema describes it, one sentence each; a
 * field that the schema does not have is named, as it would be passed over in silence. Whether what
 * is required is there and what values mean is checked elsewhere. `at` begins each sentence.
 */
export function misshapen(value: unknown, schema: SchemaNode, at: string): readonly string[] {
  switch (schema.type) {
    case "string":
      return typeof value === "string" ? [] : [`${at} must be a text`];
    case "boolean":
      return typeof value === "boolean" ? [] : [`${at} must be true or false`];
    case "integer":
      return Number.isSafeInteger(value) ? [] : [`${at} must be a whole number`];
    case "array":
      return Array.isArray(value)
        ? value.flatMap((one, index) => below(one, schema.items, `${at}[${index}]`))
        : [`${at} must be a list`];
    case "object":
      return isRecord(value) ? wrongFields(value, schema, at) : [`${at} must be a map`];
  }
}

function wrongFields(
  value: Readonly<Record<string, unknown>>,
  { properties, additionalProperties }: SchemaNode,
  at: string,
): readonly string[] {
  return Object.entries(value).flatMap(([key, one]) => {
    const place = `${at}.${key}`;
    if (properties === undefined) return below(one, additionalProperties, place);
    if (Object.hasOwn(properties, key)) return below(one, properties[key], place);
    return [`${place} is unknown; known are ${Object.keys(properties).join(", ")}`];
  });
}

/** Nothing is known about what has no schema. */
function below(value: unknown, schema: SchemaNode | undefined, at: string): readonly string[] {
  return schema === undefined ? [] : misshapen(value, schema, at);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
