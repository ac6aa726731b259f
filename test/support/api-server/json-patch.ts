/** JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386) on values that keep number texts. */
import { isArray, isObject, type Json, type JsonObject, sameJson, text } from "./json.ts";

/** A patch that cannot be applied. */
export class PatchRefused extends Error {}

export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged = new Map<string, Json | undefined>(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

export function jsonPatch(target: Json, operations: Json): Json {
  if (!isArray(operations)) throw new PatchRefused("a JSON patch is a list of operations");
  return operations.reduce<Json>((value, operation) => {
    if (!isObject(operation)) throw new PatchRefused("an operation is an object");
    return apply(value, operation);
  }, target);
}

function apply(target: Json, operation: JsonObject): Json {
  const path = pointer(text(operation["path"]));
  const value = operation["value"] ?? null;
  switch (operation["op"]) {
    case "add":
      return change(target, path, (holder, key) => insert(holder, key, value));
    case "replace":
      read(target, path);
      return change(target, path, (holder, key) => put(holder, key, value));
    case "remove":
      return remove(target, path);
    case "test":
      if (sameJson(read(target, path), value)) return target;
      throw new PatchRefused("a test failed");
    case "copy": {
      const copied = read(target, pointer(text(operation["from"])));
      return change(target, path, (holder, key) => insert(holder, key, copied));
    }
    case "move": {
      const from = pointer(text(operation["from"]));
      const moved = read(target, from);
      return change(remove(target, from), path, (holder, key) => insert(holder, key, moved));
    }
    default:
      throw new PatchRefused(`unknown operation ${String(operation["op"])}`);
  }
}

function pointer(path: string): readonly string[] {
  if (path === "") return [];
  if (!path.startsWith("/")) throw new PatchRefused(`not a JSON pointer: ${path}`);
  const unescaped = (part: string) => part.replaceAll("~1", "/").replaceAll("~0", "~");
  return path.slice(1).split("/").map(unescaped);
}

function read(target: Json, path: readonly string[]): Json {
  return path.reduce<Json>((holder, key) => {
    const found = isArray(holder)
      ? holder[Number(key)]
      : isObject(holder)
        ? holder[key]
        : undefined;
    if (found === undefined) throw new PatchRefused(`nothing at /${path.join("/")}`);
    return found;
  }, target);
}

type Edit = (holder: Json, key: string) => Json;

function change(target: Json, path: readonly string[], edit: Edit): Json {
  const [key, ...rest] = path;
  if (key === undefined) return (edit({ root: target }, "root") as JsonObject)["root"] ?? null;
  if (rest.length === 0) return edit(target, key);
  return put(target, key, change(read(target, [key]), rest, edit));
}

function remove(target: Json, path: readonly string[]): Json {
  read(target, path);
  return change(target, path, (holder, key) => {
    if (isArray(holder)) return holder.toSpliced(Number(key), 1);
    return Object.fromEntries(
      Object.entries(holder as JsonObject).filter(([name]) => name !== key),
    );
  });
}

function insert(holder: Json, key: string, value: Json): Json {
  if (!isArray(holder)) return put(holder, key, value);
  const index = key === "-" ? holder.length : Number(key);
  if (!Number.isInteger(index) || index < 0 || index > holder.length) {
    throw new PatchRefused(`no place ${key} in a list of ${holder.length}`);
  }
  return holder.toSpliced(index, 0, value);
}

function put(holder: Json, key: string, value: Json): Json {
  if (isArray(holder)) return holder.with(Number(key), value);
  if (!isObject(holder)) throw new PatchRefused(`${key} has no parent`);
  return Object.fromEntries(new Map([...Object.entries(holder), [key, value]]));
}
