import { arrayAt, objectAt, textAt, withValue } from "../../lib/json-edit.ts";
import type { JsonObject, JsonValue } from "../../lib/json-text.ts";

/** What the backup has, and references, labels and annotations that only the live one has. */
export function overlayServiceAccount(live: JsonObject, backedUp: JsonObject): JsonObject {
  const merged = mergeServiceAccount(live, backedUp);
  const lists = ["secrets", "imagePullSecrets"].reduce(
    (account, key) =>
      merged[key] === undefined ? account : withValue(account, [key], merged[key]),
    backedUp,
  );
  return ["labels", "annotations"].reduce((account, key) => {
    const path = ["metadata", key];
    const all = { ...objectAt(live, path), ...objectAt(backedUp, path) };
    return Object.keys(all).length === 0 ? account : withValue(account, path, all);
  }, lists);
}

/** Adds what the backup has and the live ServiceAccount lacks; nothing is removed or replaced. */
export function mergeServiceAccount(live: JsonObject, backedUp: JsonObject): JsonObject {
  const lists = [["secrets"], ["imagePullSecrets"]].reduce((account, path) => {
    const present = arrayAt(account, path);
    const names = new Set(present.map((ref) => textAt(ref, ["name"])));
    const missing = arrayAt(backedUp, path).filter((ref) => !names.has(textAt(ref, ["name"])));
    return missing.length === 0 ? account : withValue(account, path, [...present, ...missing]);
  }, live);
  return ["labels", "annotations"].reduce((account, key) => {
    const path = ["metadata", key];
    const present = objectAt(account, path);
    const missing = Object.entries(objectAt(backedUp, path)).filter(
      ([name]) => !Object.hasOwn(present, name),
    );
    if (missing.length === 0) return account;
    const merged: Record<string, JsonValue> = Object.fromEntries([
      ...Object.entries(present),
      ...missing,
    ]);
    return withValue(account, path, merged);
  }, lists);
}
