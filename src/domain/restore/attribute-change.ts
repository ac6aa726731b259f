import type { Author } from "../../api/read-back.ts";
import { arrayAt, textAt, valueAt } from "../../lib/json-edit.ts";
import { equalJson } from "../../lib/json-equal.ts";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../lib/json-text.ts";
import type { FieldChange } from "../diff/field-change.ts";
import { elementPath, memberPath } from "../diff/field-path.ts";
import { keysText } from "../diff/list-keys.ts";
import { ownManager } from "./field-ownership.ts";

export interface Attribution {
  readonly by: Author;
  readonly who: readonly string[];
}

export interface Attributing {
  /** As it was read back, with its managedFields. */
  readonly live: JsonObject;
  /** What the restore wrote under: its own name, or that of the only former manager. */
  readonly ownManagers: readonly string[];
  /** managedFields that the restore put back. */
  readonly restored: readonly JsonValue[];
  /** Webhooks and mutating policies that the API server may have asked about the object. */
  readonly webhooks: readonly string[];
}

/**
 * Who made the fields differ. The API server notes for each writer which fields are its own; what
 * none of the later ones owns was changed while the restore's own request was answered: by a
 * webhook where one is asked about such objects, else by the API server.
 */
export function attributeChanges(
  changes: readonly FieldChange[],
  given: Attributing,
): readonly Attribution[] {
  const writers = laterWriters(given);
  return changes.map(({ path }) => {
    const owners = writers.filter(({ paths }) => paths.some((one) => overlaps(one, path)));
    if (owners.length > 0) return { by: "writer", who: owners.map(({ name }) => name) };
    return given.webhooks.length > 0
      ? { by: "webhook", who: given.webhooks }
      : { by: "api-server", who: [] };
  });
}

interface Writer {
  readonly name: string;
  readonly paths: readonly string[];
}

function laterWriters(given: Attributing): Writer[] {
  const { live, restored } = given;
  return arrayAt(live, ["metadata", "managedFields"])
    .filter((entry) => !isOurs(entry, given) && !restored.some((one) => equalJson(one, entry)))
    .map((entry) => {
      const subresource = textAt(entry, ["subresource"]);
      const manager = textAt(entry, ["manager"]);
      const fields = valueAt(entry, ["fieldsV1"]);
      return {
        name: subresource === "" ? manager : `${manager} (${subresource})`,
        paths: isJsonObject(fields) ? leafPaths(fields, "") : [],
      };
    });
}

/** They are part of the cluster, and do with an object what it is there for. */
export const clusterWriters =
  /^(?:kube-controller-manager|kube-scheduler|kubelet|kube-apiserver|cloud-controller-manager)(?: |$)/;

/**
 * A restore that wrote under a former manager's name is taken for it only as long as that one cannot
 * have written itself: controllers do so at once, whoever else leaves a later time.
 */
function isOurs(entry: JsonValue, { live, ownManagers }: Attributing): boolean {
  const manager = textAt(entry, ["manager"]);
  if (!ownManagers.includes(manager) || textAt(entry, ["subresource"]) !== "") return false;
  if (manager === ownManager) return true;
  const time = textAt(entry, ["time"]);
  const created = textAt(live, ["metadata", "creationTimestamp"]);
  return !clusterWriters.test(manager) && !(created !== "" && time > created);
}

/** Paths of the deepest fields of a fieldsV1 set, in the notation of changes. */
function leafPaths(fields: JsonObject, path: string): string[] {
  const inner = Object.keys(fields).filter((key) => key !== ".");
  if (inner.length === 0) return path === "" ? [] : [path];
  return inner.flatMap((key) => {
    const below = fields[key];
    return leafPaths(isJsonObject(below) ? below : {}, stepPath(path, key));
  });
}

/** `f:member`, `k:{"name":"web"}`, `v:"value"`, `i:3`. */
function stepPath(path: string, step: string): string {
  const content = step.slice(2);
  if (step.startsWith("f:")) return memberPath(path, content);
  if (!step.startsWith("k:")) return elementPath(path, content);
  const keys = parseJson(content);
  return elementPath(path, isJsonObject(keys) ? keysText(keys) : content);
}

/** One of the two is the other, or lies within it. */
function overlaps(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return (
    long.startsWith(short) &&
    (long.length === short.length || /[.[]/.test(long[short.length] ?? ""))
  );
}
