import { textAt, without } from "../../../lib/json-edit.ts";
import { equalJson } from "../../../lib/json-equal.ts";
import {
  isJsonArray,
  isJsonObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
} from "../../../lib/json-text.ts";
import { type FieldSchema, schemaOf, type TypeSchema, typeOfKind } from "./strategic-schema.ts";

export type StrategicResult = { readonly object: JsonObject } | { readonly problem: string };

/** Ends a merge whose patch does not fit the kind. */
class Unfit {
  readonly problem: string;
  constructor(problem: string) {
    this.problem = problem;
  }
}

const deletePrefix = "$deleteFromPrimitiveList/";
const orderPrefix = "$setElementOrder/";
const retainKeys = "$retainKeys";
const directive = "$patch";

/**
 * Applies a strategic merge patch as the API server does, with the merge keys of the built-in kinds
 * and the directives `$patch`, `$retainKeys`, `$deleteFromPrimitiveList` and `$setElementOrder`. A
 * field that the kind has not is refused.
 */
export function applyStrategicPatch(object: JsonObject, patch: JsonObject): StrategicResult {
  const version = textAt(object, ["apiVersion"]);
  const kind = textAt(object, ["kind"]);
  const type = typeOfKind(version, kind);
  if (type === undefined) {
    return {
      problem: `${version} ${kind} is no built-in kind, and has no strategic patches: use mergePatches`,
    };
  }
  try {
    return { object: mergeObject(object, patch, schemaOf(type), "") };
  } catch (thrown) {
    if (thrown instanceof Unfit) return { problem: thrown.problem };
    throw thrown;
  }
}

function unfit(place: string, problem: string): Unfit {
  return new Unfit(`the patch at ${place === "" ? "its top" : place} ${problem}`);
}

/** `schema` undefined: a map of free keys, or a place that no schema describes. */
function mergeObject(
  original: JsonObject,
  patch: JsonObject,
  schema: TypeSchema | undefined,
  place: string,
): JsonObject {
  const asked = patch[directive];
  if (asked === "replace") return strip(without(patch, [directive]), schema, place) as JsonObject;
  if (asked === "delete") return {};
  if (asked !== undefined)
    throw unfit(place, `has $patch: ${JSON.stringify(asked)}, which is not known`);
  const merged = new Map(Object.entries(retained(original, patch, place)));
  for (const [key, value] of Object.entries(patch)) {
    if (key === retainKeys || key.startsWith(orderPrefix)) continue;
    const isDeletion = key.startsWith(deletePrefix);
    const name = isDeletion ? key.slice(deletePrefix.length) : key;
    const at = place === "" ? name : `${place}.${name}`;
    const field = fieldOf(schema, name, at);
    const present = merged.get(name);
    if (isDeletion) {
      if (isJsonArray(present)) merged.set(name, lessThose(present, value, at));
    } else if (value === null) merged.delete(name);
    else if (isJsonObject(present) && isJsonObject(value)) {
      merged.set(name, mergeField(present, value, field, at));
    } else if (isJsonArray(present) && isJsonArray(value) && field.list?.merge === true) {
      const order = patch[`${orderPrefix}${name}`];
      merged.set(name, mergeList(present, value, { field, order, place: at }));
    } else {
      const stripped = strip(value, field, at);
      if (stripped === undefined) merged.delete(name);
      else merged.set(name, stripped);
    }
  }
  return Object.fromEntries(ordered(merged, patch, schema, place));
}

const free: FieldSchema = { isMap: false };

function fieldOf(schema: TypeSchema | undefined, name: string, place: string): FieldSchema {
  if (schema === undefined) return free;
  const field = schema.get(name);
  if (field === undefined) throw unfit(place, "is a field that the kind has not");
  return field;
}

function typeSchema({ type }: FieldSchema): TypeSchema | undefined {
  return type === undefined ? undefined : schemaOf(type);
}

function mergeField(
  present: JsonObject,
  patch: JsonObject,
  field: FieldSchema,
  place: string,
): JsonObject {
  if (!field.isMap) return mergeObject(present, patch, typeSchema(field), place);
  const values = new Map(
    Object.keys({ ...present, ...patch }).map((key) => [key, { ...field, isMap: false }]),
  );
  return mergeObject(present, patch, values, place);
}

/** What stays of the original: with `$retainKeys` only what is named there. */
function retained(original: JsonObject, patch: JsonObject, place: string): JsonObject {
  const keys = patch[retainKeys];
  if (keys === undefined) return original;
  if (!isJsonArray(keys)) throw unfit(place, "has $retainKeys that is no list");
  const strays = Object.keys(patch).filter(
    (key) => !key.startsWith("$") && patch[key] !== null && !keys.includes(key),
  );
  if (strays.length > 0)
    throw unfit(place, `has ${strays.join(", ")}, which its $retainKeys does not name`);
  return Object.fromEntries(Object.entries(original).filter(([key]) => keys.includes(key)));
}

/** Applies orders that come without elements; the others were applied with them. */
function ordered(
  merged: ReadonlyMap<string, JsonValue>,
  patch: JsonObject,
  schema: TypeSchema | undefined,
  place: string,
): ReadonlyMap<string, JsonValue> {
  const result = new Map(merged);
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(orderPrefix)) continue;
    const name = key.slice(orderPrefix.length);
    const list = result.get(name);
    if (!isJsonArray(order)) throw unfit(place, `has ${key} that is no list`);
    if (!isJsonArray(list) || isJsonArray(patch[name])) continue;
    const merge = fieldOf(schema, name, `${place}.${name}`).list?.key ?? "";
    result.set(name, inOrder(list, order, list, merge));
  }
  return result;
}

function lessThose(list: JsonArray, gone: JsonValue, place: string): JsonArray {
  if (!isJsonArray(gone)) throw unfit(place, "names what is to be deleted, and must be a list");
  return list.filter((one) => !gone.some((other) => equalJson(one, other)));
}

interface ListMerge {
  readonly field: FieldSchema;
  readonly order: JsonValue | undefined;
  readonly place: string;
}

function mergeList(
  original: JsonArray,
  patch: JsonArray,
  { field, order, place }: ListMerge,
): JsonArray {
  const key = field.list?.key ?? "";
  const wanted = isJsonArray(order) ? order : patch;
  if (key === "") {
    const added = patch.filter(
      (one, at) => patch.findIndex((other) => equalJson(one, other)) === at,
    );
    const kept = original.filter((one) => !added.some((other) => equalJson(one, other)));
    return inOrder([...kept, ...added], wanted, original, key);
  }
  let base: JsonValue[] = [...original];
  const merging: JsonObject[] = [];
  let replaces = false;
  for (const one of patch) {
    if (!isJsonObject(one)) throw unfit(place, "has an element that is no mapping");
    const asked = one[directive];
    if (asked === "replace") replaces = true;
    else if (asked === "delete")
      base = base.filter((other) => !sameKey(other, keyOf(one, key, place), key));
    else if (asked === undefined) merging.push(one);
    else throw unfit(place, `has $patch: ${JSON.stringify(asked)} in a list`);
  }
  if (replaces) return merging.map((one) => strip(one, field, place) as JsonValue);
  const before = base;
  base = [...base];
  for (const one of merging) {
    const at = base.findIndex((other) => sameKey(other, keyOf(one, key, place), key));
    if (at < 0) base.push(strip(one, field, place) as JsonValue);
    else base[at] = mergeObject(base[at] as JsonObject, one, typeSchema(field), place);
  }
  return inOrder(base, isJsonArray(order) ? order : merging, before, key);
}

function keyOf(element: JsonObject, key: string, place: string): JsonValue {
  const value = element[key];
  if (value === undefined)
    throw unfit(place, `has an element without ${key}, by which the list is merged`);
  return value;
}

function sameKey(element: JsonValue, value: JsonValue, key: string): boolean {
  return isJsonObject(element) && equalJson(element[key], value);
}

/**
 * The elements that the patch names, in its order, among the others in theirs; where the original
 * has both, its order decides which comes first.
 */
function inOrder(list: JsonArray, wanted: JsonArray, before: JsonArray, key: string): JsonArray {
  const isSame = (a: JsonValue, b: JsonValue): boolean =>
    key === "" ? equalJson(a, b) : isJsonObject(b) && sameKey(a, b[key] ?? null, key);
  const named = wanted.flatMap((one) => list.filter((other) => isSame(other, one)).slice(0, 1));
  const others = list.filter((one) => !named.includes(one));
  const placeOf = (one: JsonValue): number => before.findIndex((other) => isSame(other, one));
  const result: JsonValue[] = [];
  while (named.length > 0 || others.length > 0) {
    const [left, right] = [others[0], named[0]];
    const goesFirst =
      right === undefined ||
      (left !== undefined &&
        placeOf(left) >= 0 &&
        placeOf(right) >= 0 &&
        placeOf(left) < placeOf(right));
    result.push((goesFirst ? others.shift() : named.shift()) as JsonValue);
  }
  return result;
}

/** What is new, less nulls and directives; undefined: nothing is left of it. */
function strip(
  value: JsonValue,
  field: FieldSchema | TypeSchema | undefined,
  place: string,
): JsonValue | undefined {
  if (isJsonArray(value)) {
    return value.flatMap((one) => {
      const stripped = strip(one, field, place);
      return stripped === undefined ? [] : [stripped];
    });
  }
  if (!isJsonObject(value)) return value;
  if (value[directive] !== undefined) return undefined;
  const isType = field instanceof Map;
  const schema = isType ? (field as TypeSchema) : field && typeSchema(field as FieldSchema);
  const isMap = !isType && (field as FieldSchema | undefined)?.isMap === true;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]): [string, JsonValue][] => {
      if (
        one === null ||
        key.startsWith(orderPrefix) ||
        key.startsWith(deletePrefix) ||
        key === retainKeys
      )
        return [];
      const at = place === "" ? key : `${place}.${key}`;
      const inner = isMap ? { ...(field as FieldSchema), isMap: false } : fieldOf(schema, key, at);
      const stripped = strip(one, inner, at);
      return stripped === undefined ? [] : [[key, stripped]];
    }),
  );
}
