/** Objects made from the schema of a CRD, to see what an API server makes of them. */
import type { Json } from "./velero-source.ts";

interface Node extends Json {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly additionalProperties?: Node;
}

/** A value with every field that the schema has. */
export function wholeOf(schema: Json): unknown {
  const node = schema as Node;
  switch (node.type) {
    case "string":
      if (node.enum !== undefined) return node.enum.at(-1);
      if (node.format === "date-time") return "2026-01-02T03:04:05Z";
      return node.format === "byte" ? "aGVsbG8=" : "a text";
    case "integer":
      return 7;
    case "boolean":
      return true;
    case "array":
      return node.items === undefined ? [] : [wholeOf(node.items)];
    default:
      if (node.additionalProperties !== undefined) {
        return { key: wholeOf(node.additionalProperties) };
      }
      if (node.properties === undefined) {
        return node["x-kubernetes-preserve-unknown-fields"] === true ? { any: [{ deep: 1 }] } : {};
      }
      return Object.fromEntries(
        Object.entries(node.properties).map(([name, field]) => [name, wholeOf(field)]),
      );
  }
}

export interface Mutation {
  /** Such as `spec.ttl = null`. */
  readonly what: string;
  readonly value: unknown;
}

/** The whole value with one thing changed: each field gone, null, of another type, of another value. */
export function* mutationsOf(schema: Json, at = ""): Generator<Mutation> {
  const node = schema as Node;
  const whole = wholeOf(schema);
  if (at !== "") {
    yield { what: `${at} = null`, value: null };
    yield { what: `${at} of another type`, value: node.type === "string" ? 1 : "text" };
  }
  if (node.enum !== undefined) {
    for (const value of [...node.enum, "", "Nonsense"]) yield { what: `${at} = "${value}"`, value };
  }
  if (node.format !== undefined && node.type === "string") {
    yield { what: `${at} not as ${node.format}`, value: "§" };
  }
  if (node.type === "array") {
    yield { what: `${at} = []`, value: [] };
    if (node.items === undefined) return;
    for (const { what, value } of mutationsOf(node.items, `${at}[]`))
      yield { what, value: [value] };
  }
  if (node.additionalProperties !== undefined) {
    for (const { what, value } of mutationsOf(node.additionalProperties, `${at}.*`)) {
      yield { what, value: { key: value } };
    }
  }
  if (node.type !== "object") return;
  yield { what: `${at} with an unknown field`, value: { ...(whole as object), unknown: "x" } };
  for (const [name, field] of Object.entries(node.properties ?? {})) {
    const { [name]: _gone, ...rest } = whole as Record<string, unknown>;
    const place = at === "" ? name : `${at}.${name}`;
    yield { what: `${place} gone`, value: rest };
    for (const { what, value } of mutationsOf(field, place)) {
      yield { what, value: { ...rest, [name]: value } };
    }
  }
}
