/** Who set which field, in the form of `metadata.managedFields`. */
import {
  byKey,
  child,
  isArray,
  isObject,
  type Json,
  type JsonObject,
  membersOf,
  sameJson,
  text,
  writeJson,
} from "./json.ts";

export interface FieldWrite {
  readonly manager: string;
  readonly operation: "Update" | "Apply";
  readonly apiVersion: string;
  readonly time: string;
  /** `status`, `scale`; empty for the object itself. */
  readonly subresource: string;
}

/** Fields of metadata that the server owns and nobody manages. */
const serverOwned = new Set([
  "name",
  "namespace",
  "selfLink",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
]);

const listsOfKeys = new Set(["finalizers"]);

/** `{"f:data":{".":{},"f:k":{}}}` for `{"data":{"k":"v"}}`. Lists are one field, but finalizers. */
export function fieldsOf(object: JsonObject): JsonObject {
  const fields: Record<string, Json> = {};
  for (const [key, value] of membersOf(object)) {
    if (key === "kind" || key === "apiVersion") continue;
    if (key === "metadata" && isObject(value)) {
      const metadata = metadataFields(value);
      if (Object.keys(metadata).length > 0) fields["f:metadata"] = metadata;
    } else {
      fields[`f:${key}`] = valueFields(value, key);
    }
  }
  return fields;
}

function metadataFields(metadata: JsonObject): JsonObject {
  const kept = membersOf(metadata).filter(([key]) => !serverOwned.has(key));
  return Object.fromEntries(kept.map(([key, value]) => [`f:${key}`, valueFields(value, key)]));
}

function valueFields(value: Json, key: string): JsonObject {
  if (isArray(value) && listsOfKeys.has(key)) {
    const items = value.map((item) => [`v:${writeJson(item, byKey)}`, {}] as const);
    return { ".": {}, ...Object.fromEntries(items) };
  }
  if (!isObject(value) || Object.keys(value).length === 0) return {};
  const members = membersOf(value).map(([k, v]) => [`f:${k}`, valueFields(v, k)] as const);
  return { ".": {}, ...Object.fromEntries(members) };
}

/** What is in `a` and not in `b`; undefined when nothing is. An empty field of `b` covers all. */
export function subtractFields(a: JsonObject, b: JsonObject): JsonObject | undefined {
  const left: Record<string, Json> = {};
  for (const [key, value] of membersOf(a)) {
    const other = b[key];
    if (other === undefined) left[key] = value;
    else if (isObject(value) && isObject(other) && Object.keys(other).length > 0) {
      const inner = subtractFields(value, other);
      if (inner !== undefined) left[key] = inner;
    }
  }
  return Object.keys(left).length === 0 ? undefined : left;
}

function unite(a: JsonObject, b: JsonObject): JsonObject {
  const all: Record<string, Json> = {};
  for (const [key, value] of [...membersOf(a), ...membersOf(b)]) {
    const before = all[key];
    all[key] = isObject(before) && isObject(value) ? unite(before, value) : value;
  }
  return all;
}

/** Fields whose value `after` sets anew or otherwise than `before`. */
export function changedFields(before: JsonObject, after: JsonObject): JsonObject {
  const differing = difference(before, after);
  return fieldsOf(isObject(differing) ? differing : {});
}

function difference(before: Json | undefined, after: Json): Json | undefined {
  if (sameJson(before, after)) return undefined;
  if (!isObject(before) || !isObject(after)) return after;
  const members = membersOf(after).flatMap(([key, value]) => {
    if (key === "managedFields") return [];
    const inner = difference(before[key], value);
    return inner === undefined ? [] : [[key, inner] as const];
  });
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

export function entriesOf(object: JsonObject): readonly JsonObject[] {
  const entries = child(object, "metadata")["managedFields"];
  return isArray(entries) ? entries.filter(isObject) : [];
}

function entry(write: FieldWrite, fields: JsonObject): JsonObject {
  return {
    manager: write.manager,
    operation: write.operation,
    apiVersion: write.apiVersion,
    time: write.time,
    fieldsType: "FieldsV1",
    fieldsV1: fields,
    subresource: write.subresource === "" ? undefined : write.subresource,
  };
}

function isOf(write: FieldWrite): (candidate: JsonObject) => boolean {
  return (candidate) =>
    candidate["manager"] === write.manager &&
    candidate["operation"] === write.operation &&
    text(candidate["subresource"]) === write.subresource;
}

/**
 * The entries after a write that set `set`: the writer owns those (an Apply owns only those),
 * others lose them and what is no longer in `present`.
 */
export function claimFields(
  entries: readonly JsonObject[],
  write: FieldWrite,
  { set, present }: { readonly set: JsonObject; readonly present: JsonObject },
): readonly JsonObject[] {
  const mine = isOf(write);
  const kept = entries.flatMap((candidate) => {
    const gone = subtractFields(child(candidate, "fieldsV1"), present);
    const still = subtractFields(child(candidate, "fieldsV1"), gone ?? {}) ?? {};
    const fields = mine(candidate) ? still : (subtractFields(still, leaves(set)) ?? {});
    return Object.keys(fields).length === 0 ? [] : [{ ...candidate, fieldsV1: fields }];
  });
  if (Object.keys(set).length === 0) return kept;
  const own = kept.find(mine);
  const united =
    own === undefined || write.operation === "Apply" ? set : unite(child(own, "fieldsV1"), set);
  const claimed = entry(write, united);
  if (own === undefined) return [...kept, claimed];
  return kept.map((candidate) => (candidate === own ? claimed : candidate));
}

/** Without the `.` markers: whoever made the map keeps it. */
export function leaves(fields: JsonObject): JsonObject {
  const kept = membersOf(fields).filter(([key]) => key !== ".");
  return Object.fromEntries(
    kept.map(([key, value]) => [key, isObject(value) ? leaves(value) : value]),
  );
}

/** Managers other than `manager` that own a field which the apply would change. */
export function conflictingManagers(
  entries: readonly JsonObject[],
  manager: string,
  changed: JsonObject,
): readonly { readonly manager: string; readonly apiVersion: string; readonly field: string }[] {
  const others = entries.filter((e) => e["manager"] !== manager || e["operation"] !== "Apply");
  return others.flatMap((other) =>
    shared(child(other, "fieldsV1"), leaves(changed), "").map((field) => ({
      manager: text(other["manager"]),
      apiVersion: text(other["apiVersion"]),
      field,
    })),
  );
}

function shared(owned: JsonObject, changed: JsonObject, path: string): readonly string[] {
  return membersOf(changed).flatMap(([key, value]) => {
    const mine = owned[key];
    if (mine === undefined || !isObject(mine) || !isObject(value)) return [];
    const here = `${path}.${key.replace(/^[fv]:/, "")}`;
    return Object.keys(value).length === 0 ? [here] : shared(mine, value, here);
  });
}
