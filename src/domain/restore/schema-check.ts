import { arrayAt, objectAt, textAt, valueAt } from "../../lib/json-edit.ts";
import { equalJson } from "../../lib/json-equal.ts";
import {
  isJsonArray,
  isJsonObject,
  isRawNumber,
  type JsonObject,
  type JsonValue,
} from "../../lib/json-text.ts";

/** A schema of OpenAPI v3 as API servers publish it. */
export type Schema = JsonObject;
/** What a `$ref` names. */
export type SchemaLookup = (reference: string) => Schema | undefined;

const mostProblems = 10;
const maxDepth = 64;

/**
 * What of an object its schema does not allow and an API server is certain to refuse: types, enums,
 * members that are required, bounds. Fields that the schema does not name are dropped by the server
 * and are no problem; expressions (CEL), formats and patterns that this engine reads otherwise are
 * not looked at. `builtIn`: of a kind of the API server's own, which takes null for an empty list or
 * map, and answers so (a LimitRange without limits). At most ten sentences, each with its field.
 */
export function schemaProblems(
  object: JsonObject,
  schema: Schema,
  lookup: SchemaLookup,
  { builtIn = false }: { readonly builtIn?: boolean } = {},
): readonly string[] {
  const problems: string[] = [];
  check({ value: object, schema, path: "", depth: 0 }, { lookup, problems, builtIn });
  return problems.slice(0, mostProblems);
}

interface Place {
  readonly value: JsonValue;
  readonly schema: Schema;
  readonly path: string;
  readonly depth: number;
}

interface Checking {
  readonly lookup: SchemaLookup;
  readonly problems: string[];
  readonly builtIn: boolean;
}

function check(place: Place, checking: Checking): void {
  const { value, path, depth } = place;
  if (depth > maxDepth || checking.problems.length >= mostProblems) return;
  const schema = resolved(place.schema, checking.lookup);
  // API servers drop a null that is not allowed, or put the default there.
  if (value === null || schema === undefined) return;
  const wanted = typeProblem(value, schema);
  if (wanted !== undefined) {
    checking.problems.push(`${path || "the object"} is ${typeName(value)}, not ${wanted}`);
    return;
  }
  const options = arrayAt(schema, ["enum"]);
  if (options.length > 0 && !options.some((option) => equalJson(option, value))) {
    const list = options.map((option) => JSON.stringify(option)).join(", ");
    checking.problems.push(`${path} is ${JSON.stringify(value)}, not one of ${list}`);
  }
  if (isJsonObject(value)) checkObject({ ...place, value, schema }, checking);
  else if (isJsonArray(value)) checkList({ ...place, value, schema }, checking);
  else checkBounds(value, schema, path, checking);
}

/** Through `$ref` and the `allOf` of one by which defaults and descriptions are hung on it. */
function resolved(schema: Schema, lookup: SchemaLookup): Schema | undefined {
  const [only, ...others] = arrayAt(schema, ["allOf"]);
  const reference = textAt(schema, ["$ref"]) || (others.length === 0 ? textAt(only, ["$ref"]) : "");
  return reference === "" ? schema : lookup(reference);
}

function typeProblem(value: JsonValue, schema: Schema): string | undefined {
  if (schema["x-kubernetes-int-or-string"] === true || schema["format"] === "int-or-string") {
    const fits = typeof value === "string" || isNumeric(value);
    return fits ? undefined : "a number or text";
  }
  switch (schema["type"]) {
    case "string":
      return typeof value === "string" ? undefined : "text";
    case "boolean":
      return typeof value === "boolean" ? undefined : "true or false";
    case "integer":
    case "number":
      return isNumeric(value) ? undefined : "a number";
    case "array":
      return isJsonArray(value) ? undefined : "a list";
    case "object":
      return isJsonObject(value) ? undefined : "an object";
    default:
      return undefined;
  }
}

function typeName(value: JsonValue): string {
  if (isJsonArray(value)) return "a list";
  if (isJsonObject(value)) return "an object";
  if (isNumeric(value)) return "a number";
  return typeof value === "string" ? "text" : "true or false";
}

const isNumeric = (value: JsonValue): boolean => typeof value === "number" || isRawNumber(value);

function checkObject(
  { value, schema, path, depth }: Place & { readonly value: JsonObject },
  checking: Checking,
): void {
  for (const name of arrayAt(schema, ["required"]).map(String)) {
    const isThere = Object.hasOwn(value, name) && (checking.builtIn || value[name] !== null);
    if (isThere || hasDefault(schema, name, checking.lookup)) continue;
    checking.problems.push(`${member(path, name)} is missing`);
  }
  const properties = objectAt(schema, ["properties"]);
  const others = valueAt(schema, ["additionalProperties"]);
  for (const [name, inner] of Object.entries(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : others;
    if (!isJsonObject(known)) continue;
    check({ value: inner, schema: known, path: member(path, name), depth: depth + 1 }, checking);
  }
}

function hasDefault(schema: Schema, name: string, lookup: SchemaLookup): boolean {
  const property = objectAt(schema, ["properties", name]);
  const target = resolved(property, lookup) ?? {};
  return property["default"] !== undefined || target["default"] !== undefined;
}

function checkList(
  { value, schema, path, depth }: Place & { readonly value: readonly JsonValue[] },
  checking: Checking,
): void {
  const most = valueAt(schema, ["maxItems"]);
  const least = valueAt(schema, ["minItems"]);
  if (typeof most === "number" && value.length > most) {
    checking.problems.push(`${path} has ${value.length} elements, at most ${most} are allowed`);
  }
  if (typeof least === "number" && value.length < least) {
    checking.problems.push(`${path} has ${value.length} elements, at least ${least} are needed`);
  }
  const items = valueAt(schema, ["items"]);
  if (!isJsonObject(items)) return;
  value.forEach((inner, at) => {
    check({ value: inner, schema: items, path: `${path}[${at}]`, depth: depth + 1 }, checking);
  });
}

function checkBounds(value: JsonValue, schema: Schema, path: string, { problems }: Checking): void {
  const bound = (key: string): number | undefined => {
    const found = schema[key];
    return typeof found === "number" ? found : undefined;
  };
  if (typeof value === "string") {
    const length = [...value].length;
    if (length > (bound("maxLength") ?? length)) {
      problems.push(`${path} has ${length} characters, at most ${bound("maxLength")} are allowed`);
    }
    if (length < (bound("minLength") ?? length)) {
      problems.push(`${path} has ${length} characters, at least ${bound("minLength")} are needed`);
    }
  }
  if (typeof value === "number") {
    const [least, most] = [bound("minimum"), bound("maximum")];
    if (least !== undefined && value < least) problems.push(`${path} is ${value}, below ${least}`);
    if (most !== undefined && value > most) problems.push(`${path} is ${value}, above ${most}`);
  }
}

const member = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);
