import type { GroupResource } from "../../api/resource-kind.ts";
import { valueAt, withValue } from "../../lib/json-edit.ts";
import { equalJson } from "../../lib/json-equal.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-text.ts";

/** Stand in the place of a Secret's values. */
export const maskedWords = {
  /** On both sides, or on one only. */
  same: "(hidden)",
  before: "(hidden, before)",
  after: "(hidden, after)",
} as const;

/** Where a Secret's values stand; the annotation repeats what `kubectl apply` sent. */
const secretPlaces = [
  ["data"],
  ["stringData"],
  ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
] as const;

/** Paths of changes that tell of a Secret's values. */
export const maskedPaths: readonly string[] = [
  "data",
  "stringData",
  'metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]',
];

/** A Secret's values replaced before anything is compared, so that no change can carry one. */
export function maskSecrets(
  resource: GroupResource,
  before: JsonObject,
  after: JsonObject,
): readonly [JsonObject, JsonObject] {
  if (resource !== "secrets") return [before, after];
  return secretPlaces.reduce<readonly [JsonObject, JsonObject]>(
    ([left, right], path) => {
      const [old, now] = [valueAt(left, path), valueAt(right, path)];
      return [
        put(left, path, masked(old, now, "before")),
        put(right, path, masked(now, old, "after")),
      ];
    },
    [before, after],
  );
}

function put(
  object: JsonObject,
  path: readonly string[],
  value: JsonValue | undefined,
): JsonObject {
  return value === undefined ? object : withValue(object, path, value);
}

function masked(
  value: JsonValue | undefined,
  other: JsonValue | undefined,
  side: "before" | "after",
): JsonValue | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) return wordFor(value, other, side);
  return Object.fromEntries(
    Object.keys(value).map((key) => {
      const known = isJsonObject(other) && Object.hasOwn(other, key) ? other[key] : undefined;
      return [key, wordFor(value[key], known, side)];
    }),
  );
}

function wordFor(
  value: JsonValue | undefined,
  other: JsonValue | undefined,
  side: "before" | "after",
): JsonValue {
  if (value === undefined || value === null) return null;
  const isAlone = other === undefined || other === null;
  return isAlone || equalJson(value, other) ? maskedWords.same : maskedWords[side];
}
