import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "./json-text.ts";

/** Keys from the outside in. */
export type JsonPath = readonly string[];

/** The value at `path`, or undefined where there is none. Own keys only. */
export function valueAt(value: JsonValue | undefined, path: JsonPath): JsonValue | undefined {
  let current = value;
  for (const key of path) {
    if (!isJsonObject(current) || !Object.hasOwn(current, key)) return undefined;
    current = current[key];
  }
  return current;
}

/** The string at `path`; empty where there is none. */
export function textAt(value: JsonValue | undefined, path: JsonPath): string {
  const found = valueAt(value, path);
  return typeof found === "string" ? found : "";
}

export function objectAt(value: JsonValue | undefined, path: JsonPath): JsonObject {
  const found = valueAt(value, path);
  return isJsonObject(found) ? found : {};
}

export function arrayAt(value: JsonValue | undefined, path: JsonPath): readonly JsonValue[] {
  const found = valueAt(value, path);
  return isJsonArray(found) ? found : [];
}

/** The object less what is at `path`; the same object when nothing is there. */
export function without(object: JsonObject, path: JsonPath): JsonObject {
  return withoutAll(object, [path]);
}

/** Removes several paths in one pass; the same object when nothing is there. */
export function withoutAll(object: JsonObject, paths: readonly JsonPath[]): JsonObject {
  let met: JsonPath[] | undefined;
  for (const path of paths) {
    if (valueAt(object, path) === undefined) continue;
    met ??= [];
    met.push(path);
  }
  return met === undefined ? object : withoutMet(object, met, 0);
}

/** `paths`: those of which something is there, from `depth` on. */
function withoutMet(object: JsonObject, paths: readonly JsonPath[], depth: number): JsonObject {
  const kept: Record<string, JsonValue> = {};
  for (const key of Object.keys(object)) {
    const value = object[key] as JsonValue;
    const here = paths.filter((path) => path[depth] === key);
    if (here.some((path) => path.length === depth + 1)) continue;
    const inner = isJsonObject(value) && here.length > 0;
    setOwn(kept, key, inner ? withoutMet(value, here, depth + 1) : value);
  }
  return kept;
}

/** The object with `value` at `path`; objects missing on the way are made. */
export function withValue(object: JsonObject, path: JsonPath, value: JsonValue): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  const child = Object.hasOwn(object, key) ? object[key] : undefined;
  const inner =
    rest.length === 0 ? value : withValue(isJsonObject(child) ? child : {}, rest, value);
  if (inner === child) return object;
  const changed: Record<string, JsonValue> = {};
  for (const name of Object.keys(object)) setOwn(changed, name, object[name] as JsonValue);
  setOwn(changed, key, inner);
  return changed;
}

/** Changes what is at `path` when it is there. */
export function changeAt(
  object: JsonObject,
  path: JsonPath,
  change: (value: JsonValue) => JsonValue,
): JsonObject {
  const found = valueAt(object, path);
  return found === undefined ? object : withValue(object, path, change(found));
}

/** Changes each object of the array at `path`; other elements stay. */
export function changeEach(
  object: JsonObject,
  path: JsonPath,
  change: (element: JsonObject) => JsonObject,
): JsonObject {
  return changeAt(object, path, (list) =>
    isJsonArray(list) ? list.map((item) => (isJsonObject(item) ? change(item) : item)) : list,
  );
}

/** Also a key `__proto__` becomes an own property. */
function setOwn(object: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, ...ownProperty });
}

const ownProperty = { enumerable: true, configurable: true, writable: true };
