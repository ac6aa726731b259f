import { ArkError } from "../lib/errors.ts";
import {
  decodeString,
  hasEscape,
  incomplete,
  malformedJson,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
  stringEquals,
} from "../lib/json-scan.ts";
import type { RawObject } from "./raw-object.ts";

/** What one pass over the bytes of an object has found. Positions count from the buffer's start. */
export interface ObjectScan {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  labels: Readonly<Record<string, string>>;
  terminating: boolean;
  hasKind: boolean;
  hasApiVersion: boolean;
  /** Top-level members: none at all, only such as normal form v1 leaves out, or others too. */
  members: "none" | "volatile" | "kept";
  volatileRanges: number[];
}

const quote = 0x22;
const comma = 0x2c;
const closeBrace = 0x7d;
const openBrace = 0x7b;
const letterN = 0x6e;
const noLabels: Readonly<Record<string, string>> = Object.freeze({});

export function newObjectScan(): ObjectScan {
  return {
    name: "",
    namespace: "",
    uid: "",
    resourceVersion: "",
    labels: noLabels,
    terminating: false,
    hasKind: false,
    hasApiVersion: false,
    members: "none",
    volatileRanges: [],
  };
}

/**
 * Reads what selection and the index need from the bytes of one object, without decoding the rest.
 *
 * - A `name`, `namespace`, `uid`, `resourceVersion` that is absent or null reads as empty.
 * - Of equal keys the last one counts, as for JSON.parse; a later `metadata` replaces the whole of
 *   an earlier one. All occurrences of a volatile key are left out.
 * - A run of neighbouring volatile members is left out from its first key to the key that
 *   follows; at the end of an object, from the end of the member before it.
 * - White space around the object is allowed and stays part of `bytes`.
 *
 * Throws ARK_JSON_INVALID when the bytes are not one JSON object, are nested deeper than 512, or
 * the fields above are not strings.
 */
export function readRawObject(bytes: Buffer): RawObject {
  const scan = newObjectScan();
  const start = skipSpace(bytes, 0, bytes.length);
  if (start >= bytes.length) throw malformedJson(start, "an object");
  const end = scanObject(bytes, start, bytes.length, scan);
  if (end === incomplete) throw malformedJson(bytes.length, "the end of the object");
  if (skipSpace(bytes, end, bytes.length) < bytes.length) throw malformedJson(end, "nothing more");
  return {
    bytes,
    name: scan.name,
    namespace: scan.namespace,
    uid: scan.uid,
    resourceVersion: scan.resourceVersion,
    labels: scan.labels,
    terminating: scan.terminating,
    volatileRanges: scan.volatileRanges,
  };
}

/**
 * Scans the object whose opening brace is at `start` into a fresh `scan`. Answers the position
 * after its closing brace, or `incomplete` when it goes on after `end`.
 */
export function scanObject(bytes: Buffer, start: number, end: number, scan: ObjectScan): number {
  if (bytes[start] !== openBrace) throw malformedJson(start, "an object");
  return scanMembers({ bytes, end, scan }, start + 1, topLevel);
}

interface Source {
  readonly bytes: Buffer;
  readonly end: number;
  readonly scan: ObjectScan;
}

/** What is known of the members of one level of the object. */
interface Level {
  /** Nesting of the members' values. */
  readonly depth: number;
  /** Keys that mean something, by their length. */
  readonly fields: readonly (readonly string[] | undefined)[];
  readonly volatile: ReadonlySet<string>;
  /** Reads the value of a field at `from`; answers the position after it, or `incomplete`. */
  readonly read: (source: Source, field: string, from: number) => number;
}

const topLevel: Level = {
  depth: 1,
  fields: byLength(["kind", "apiVersion", "metadata", "status"]),
  volatile: new Set(["status"]),
  read: readTopLevel,
};

const metadataLevel: Level = {
  depth: 2,
  fields: byLength([
    ...["name", "namespace", "uid", "resourceVersion", "labels", "deletionTimestamp"],
    ...["generation", "creationTimestamp", "managedFields", "selfLink"],
  ]),
  volatile: new Set([
    ...["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"],
  ]),
  read: readMetadataField,
};

function byLength(names: readonly string[]): readonly (readonly string[] | undefined)[] {
  const table: string[][] = [];
  for (const name of names) {
    const same = table[name.length] ?? [];
    same.push(name);
    table[name.length] = same;
  }
  return table;
}

/** Goes over the members of the object whose first byte after the brace is at `from`. */
function scanMembers(source: Source, from: number, level: Level): number {
  const { bytes, end, scan } = source;
  let runStart = -1;
  let keptEnd = -1;
  let lastEnd = from;
  let position = skipSpace(bytes, from, end);
  if (position < end && bytes[position] === closeBrace) {
    scan.members = "none";
    return position + 1;
  }
  while (position < end) {
    const keyStart = position;
    if (bytes[position] !== quote) throw malformedJson(position, "a key in quotes");
    const keyEnd = skipString(bytes, position + 1, end);
    if (keyEnd < 0) return incomplete;
    const field = fieldNamed(bytes, keyStart + 1, keyEnd - 1, level);
    const isVolatile = level.volatile.has(field);
    if (isVolatile && runStart < 0) runStart = keyStart;
    if (!isVolatile && runStart >= 0) {
      scan.volatileRanges.push(runStart, keyStart);
      runStart = -1;
    }
    position = skipColon(bytes, keyEnd, end);
    if (position < 0) return incomplete;
    position =
      field === ""
        ? skipValue(bytes, position, end, level.depth)
        : level.read(source, field, position);
    if (position < 0) return incomplete;
    lastEnd = position;
    if (!isVolatile) keptEnd = position;
    position = skipSpace(bytes, position, end);
    if (position >= end) return incomplete;
    if (bytes[position] === closeBrace) {
      if (runStart >= 0) scan.volatileRanges.push(keptEnd < 0 ? runStart : keptEnd, lastEnd);
      scan.members = keptEnd < 0 ? "volatile" : "kept";
      return position + 1;
    }
    if (bytes[position] !== comma)
      throw malformedJson(position, "a comma or the end of the object");
    position = skipSpace(bytes, position + 1, end);
  }
  return incomplete;
}

/** The field of `level` that the key with content [start, end) names; empty for any other key. */
function fieldNamed(bytes: Buffer, start: number, end: number, level: Level): string {
  const names = level.fields[end - start];
  if (names !== undefined) {
    for (const name of names) {
      if (stringEquals(bytes, start, end, name)) return name;
    }
  }
  if (!hasEscape(bytes, start, end)) return "";
  const key = decodeString(bytes, start, end);
  return level.fields[key.length]?.includes(key) ? key : "";
}

function readTopLevel(source: Source, field: string, from: number): number {
  const { bytes, end, scan } = source;
  if (field !== "metadata") {
    if (field === "kind") scan.hasKind = true;
    if (field === "apiVersion") scan.hasApiVersion = true;
    return skipValue(bytes, from, end, topLevel.depth);
  }
  scan.name = "";
  scan.namespace = "";
  scan.uid = "";
  scan.resourceVersion = "";
  scan.labels = noLabels;
  scan.terminating = false;
  if (bytes[from] !== openBrace) return skipNull(source, from, "metadata", "an object");
  return scanMembers(source, from + 1, metadataLevel);
}

function readMetadataField(source: Source, field: string, from: number): number {
  const { bytes, end, scan } = source;
  switch (field) {
    case "name":
    case "namespace":
    case "uid":
    case "resourceVersion": {
      if (bytes[from] !== quote) {
        scan[field] = "";
        return skipNull(source, from, `metadata.${field}`, "a string");
      }
      const after = skipString(bytes, from + 1, end);
      if (after >= 0) scan[field] = decodeString(bytes, from + 1, after - 1);
      return after;
    }
    case "labels":
      return readLabels(source, from);
    case "deletionTimestamp":
      scan.terminating = bytes[from] !== letterN;
      return skipValue(bytes, from, end, metadataLevel.depth);
    default:
      return skipValue(bytes, from, end, metadataLevel.depth);
  }
}

/** Passes over null; anything else is an error. */
function skipNull(source: Source, from: number, field: string, expected: string): number {
  if (source.bytes[from] === letterN) return skipValue(source.bytes, from, source.end, 1);
  throw new ArkError("ARK_JSON_INVALID", `${field} at byte ${from} is not ${expected}`);
}

function readLabels(source: Source, from: number): number {
  const { bytes, end, scan } = source;
  scan.labels = noLabels;
  if (bytes[from] !== openBrace) return skipNull(source, from, "metadata.labels", "an object");
  const after = skipValue(bytes, from, end, metadataLevel.depth);
  if (after < 0) return incomplete;
  const labels: Record<string, string> = {};
  let position = skipSpace(bytes, from + 1, after);
  while (bytes[position] === quote) {
    const keyEnd = skipString(bytes, position + 1, after);
    const key = decodeString(bytes, position + 1, keyEnd - 1);
    const value = skipColon(bytes, keyEnd, after);
    if (bytes[value] !== quote) {
      throw new ArkError("ARK_JSON_INVALID", `label "${key}" at byte ${value} is not a string`);
    }
    const valueEnd = skipString(bytes, value + 1, after);
    setLabel(labels, key, decodeString(bytes, value + 1, valueEnd - 1));
    position = skipSpace(bytes, valueEnd, after);
    if (bytes[position] === comma) position = skipSpace(bytes, position + 1, after);
  }
  scan.labels = labels;
  return after;
}

function setLabel(labels: Record<string, string>, key: string, value: string): void {
  if (key !== "__proto__") labels[key] = value;
  else Object.defineProperty(labels, key, { value, enumerable: true, configurable: true });
}
