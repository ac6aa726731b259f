import { equalJson } from "../../lib/json-equal.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-text.ts";
import type { FieldChange } from "./field-change.ts";
import { elementPath, memberPath } from "./field-path.ts";
import { type ElementNames, elementNames } from "./list-keys.ts";

type Maybe = JsonValue | undefined;

/**
 * What turns `before` into `after`, field by field and deterministic in order; empty exactly when
 * `equalJson` holds. What is on one side only is one change with its whole value. Elements of lists
 * that have names are matched by them (see list-keys.ts), others by position.
 */
export function diffValues(before: Maybe, after: Maybe): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  collect(before, after, { path: "", list: "" }, changes);
  return changes;
}

interface Place {
  readonly path: string;
  /** Name of the member that holds the value: lists are known by it. */
  readonly list: string;
}

function collect(before: Maybe, after: Maybe, place: Place, changes: FieldChange[]): void {
  if (equalJson(before, after)) return;
  if (isJsonObject(before) && isJsonObject(after)) collectMembers(before, after, place, changes);
  else if (isJsonArray(before) && isJsonArray(after)) {
    const names = elementNames(place.list, before, after);
    if (names === undefined) collectByPosition(before, after, place, changes);
    else collectByName(before, after, names, place, changes);
  } else changes.push(changeAt(place.path, before, after));
}

function changeAt(path: string, before: Maybe, after: Maybe): FieldChange {
  if (isAbsent(before)) return { path, change: "added", after: after as JsonValue };
  if (isAbsent(after)) return { path, change: "removed", before: before as JsonValue };
  return { path, change: "changed", before: before as JsonValue, after: after as JsonValue };
}

const isAbsent = (value: Maybe): boolean => value === undefined || value === null;

function collectMembers(
  before: JsonObject,
  after: JsonObject,
  { path }: Place,
  changes: FieldChange[],
): void {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const key of keys) {
    const left = Object.hasOwn(before, key) ? before[key] : undefined;
    const right = Object.hasOwn(after, key) ? after[key] : undefined;
    collect(left, right, { path: memberPath(path, key), list: key }, changes);
  }
}

function collectByPosition(
  before: readonly JsonValue[],
  after: readonly JsonValue[],
  { path }: Place,
  changes: FieldChange[],
): void {
  for (let at = 0; at < Math.max(before.length, after.length); at += 1) {
    const here = elementPath(path, at);
    // An element that is null is there: only its position says so.
    if (at >= before.length) {
      changes.push({ path: here, change: "added", after: after[at] as JsonValue });
    } else if (at >= after.length) {
      changes.push({ path: here, change: "removed", before: before[at] as JsonValue });
    } else collect(before[at], after[at], { path: here, list: "" }, changes);
  }
}

function collectByName(
  before: readonly JsonValue[],
  after: readonly JsonValue[],
  names: ElementNames,
  { path }: Place,
  changes: FieldChange[],
): void {
  const left = new Map(names.before.map((name, at) => [name, before[at]]));
  const right = new Map(names.after.map((name, at) => [name, after[at]]));
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    collect(left.get(name), right.get(name), { path: elementPath(path, name), list: "" }, changes);
  }
  const common = [...left.keys()].filter((name) => right.has(name));
  const now = [...right.keys()].filter((name) => left.has(name));
  if (common.some((name, at) => name !== now[at])) {
    changes.push({ path, change: "reordered", before: common, after: now });
  }
}
