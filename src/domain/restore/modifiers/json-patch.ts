import { equalJson } from "../../../lib/json-equal.ts";
import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from "../../../lib/json-text.ts";

/** One operation of RFC 6902. */
export interface PatchOperation {
  readonly op: "add" | "remove" | "replace" | "test" | "move" | "copy";
  readonly path: string;
  /** With `move` and `copy`. */
  readonly from: string;
  readonly value: JsonValue;
}

/** `missing`: the path leads nowhere. `invalid`: it names a place that an array cannot have. */
export type PatchFailure = "test failed" | "missing" | "invalid";

export type PatchResult =
  | { readonly kind: "patched"; readonly value: JsonValue }
  | { readonly kind: PatchFailure; readonly operation: PatchOperation; readonly place: string };

/**
 * Applies all operations or none. As the library of Velero does: an index below zero counts from
 * the end, what is missing equals null in a test, and an object that is missing on the way is not
 * made.
 */
export function applyJsonPatch(
  document: JsonValue,
  operations: readonly PatchOperation[],
): PatchResult {
  let value = document;
  for (const operation of operations) {
    const step = applyOperation(value, operation);
    if ("failure" in step) return { kind: step.failure, operation, place: step.place };
    value = step.value;
  }
  return { kind: "patched", value };
}

type Step =
  | { readonly value: JsonValue }
  | { readonly failure: PatchFailure; readonly place: string };

function applyOperation(document: JsonValue, operation: PatchOperation): Step {
  const { op, path, from, value } = operation;
  switch (op) {
    case "add":
      return addAt(document, path, value);
    case "remove":
      return removeAt(document, path);
    case "replace": {
      const found = read(document, path);
      return "failure" in found
        ? found
        : change(document, path, (parent, key) => put(parent, key, value));
    }
    case "copy": {
      const found = read(document, from);
      return "failure" in found ? found : addAt(document, path, found.value);
    }
    case "move": {
      const found = read(document, from);
      if ("failure" in found) return found;
      const rest = removeAt(document, from);
      return "failure" in rest ? rest : addAt(rest.value, path, found.value);
    }
    case "test": {
      const found = read(document, path);
      if ("failure" in found && (found.failure !== "missing" || !found.atEnd)) return found;
      const present = "failure" in found ? null : found.value;
      return equalJson(present, value)
        ? { value: document }
        : { failure: "test failed", place: path };
    }
  }
}

type Read =
  | { readonly value: JsonValue }
  /** `atEnd`: all but the last key were there. */
  | { readonly failure: "missing" | "invalid"; readonly place: string; readonly atEnd: boolean };

function read(document: JsonValue, path: string): Read {
  const keys = keysOf(path);
  let value = document;
  for (const [at, key] of keys.entries()) {
    const atEnd = at === keys.length - 1;
    const found = member(value, key);
    if (found === "missing" || found === "invalid") {
      // Only the last key of a path is told apart; what is not there on the way is missing.
      const failure = atEnd && isContainer(value) ? found : "missing";
      return { failure, place: path, atEnd: atEnd && isContainer(value) };
    }
    value = found.value;
  }
  return { value };
}

function isContainer(value: JsonValue): boolean {
  return isJsonObject(value) || isJsonArray(value);
}

function member(
  value: JsonValue,
  key: string,
): "missing" | "invalid" | { readonly value: JsonValue } {
  if (isJsonArray(value)) {
    const index = indexOf(key, value.length);
    if (index === undefined || index >= value.length) return "invalid";
    return { value: value[index] as JsonValue };
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, key)) return "missing";
  return { value: value[key] as JsonValue };
}

function addAt(document: JsonValue, path: string, value: JsonValue): Step {
  return change(document, path, (parent, key) => {
    if (!isJsonArray(parent)) return put(parent, key, value);
    if (key === "-") return [...parent, value];
    const index = indexOf(key, parent.length + 1);
    return index === undefined || index > parent.length
      ? "invalid"
      : parent.toSpliced(index, 0, value);
  });
}

function removeAt(document: JsonValue, path: string): Step {
  return change(document, path, (parent, key) => {
    if (isJsonArray(parent)) {
      const index = indexOf(key, parent.length);
      return index === undefined || index >= parent.length ? "invalid" : parent.toSpliced(index, 1);
    }
    if (!isJsonObject(parent) || !Object.hasOwn(parent, key)) return "missing";
    return Object.fromEntries(Object.entries(parent).filter(([name]) => name !== key));
  });
}

/** Puts into an object, or over an element that is there. */
function put(parent: JsonValue, key: string, value: JsonValue): JsonValue {
  if (isJsonArray(parent)) return parent.with(indexOf(key, parent.length) as number, value);
  return Object.fromEntries([...Object.entries(parent as JsonObject), [key, value]]);
}

type Edit = (parent: JsonValue, key: string) => JsonValue | "missing" | "invalid";

/** Changes the container that the last key of the path is of. */
function change(document: JsonValue, path: string, edit: Edit): Step {
  const walk = (value: JsonValue, keys: readonly string[]): Step => {
    const [key = "", ...rest] = keys;
    if (!isContainer(value)) return { failure: "missing", place: path };
    if (rest.length === 0) {
      const edited = edit(value, key);
      return edited === "missing" || edited === "invalid"
        ? { failure: edited, place: path }
        : { value: edited };
    }
    const inner = member(value, key);
    if (typeof inner === "string") return { failure: "missing", place: path };
    const step = walk(inner.value, rest);
    return "failure" in step ? step : { value: put(value, key, step.value) };
  };
  return walk(document, keysOf(path));
}

/** RFC 6901; the empty path is the whole document. */
export function keysOf(path: string): readonly string[] {
  return path
    .split("/")
    .slice(1)
    .map((key) => key.replace(/~[01]/g, (found) => (found === "~1" ? "/" : "~")));
}

/** `length` is that of the positions that may be named; undefined: no index, or below all. */
function indexOf(key: string, length: number): number | undefined {
  if (!/^[-+]?\d+$/.test(key)) return undefined;
  const index = Number(key);
  if (index >= 0) return index;
  return index < -length ? undefined : index + length;
}
