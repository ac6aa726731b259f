import { annotations } from "../../../api/labels.ts";
import type { GroupResource } from "../../../api/resource-kind.ts";
import { arrayAt, textAt, valueAt } from "../../../lib/json-edit.ts";
import { equalJson } from "../../../lib/json-equal.ts";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
} from "../../../lib/json-text.ts";
import { isAtRest, type PassiveMark } from "./make-passive.ts";

export type Activation =
  /** It carries no mark, and is at work: it was put back before, or by somebody else. */
  | { readonly kind: "active" }
  /** It carries no mark and does nothing: what it was is not known from it. */
  | { readonly kind: "unmarked" }
  /** The mark is there and cannot be read: somebody changed it. */
  | { readonly kind: "unreadable" }
  | {
      readonly kind: "patch";
      /** A merge patch for the object just as it was read. */
      readonly patch: JsonObject;
      /** Dotted paths of what somebody has changed meanwhile; it stays as it is now. */
      readonly kept: readonly string[];
      /** Somebody has changed all of it: nothing but the mark goes. */
      readonly isMarkOnly: boolean;
    };

/** What puts a passive object back to work, less what was changed since it was made. */
export function activation(live: JsonObject, resource: GroupResource): Activation {
  const text = textAt(live, ["metadata", "annotations", annotations.passive]);
  if (text === "") return { kind: isAtRest(live, resource) ? "unmarked" : "active" };
  const mark = readMark(text);
  if (mark === undefined) return { kind: "unreadable" };
  const kept: string[] = [];
  const back = putBack(mark, live, [], kept);
  const metadata = isJsonObject(back["metadata"]) ? back["metadata"] : {};
  const marks = isJsonObject(metadata["annotations"]) ? metadata["annotations"] : {};
  const patch = {
    ...back,
    metadata: {
      ...metadata,
      annotations: { ...marks, [annotations.passive]: null },
      uid: textAt(live, ["metadata", "uid"]),
      resourceVersion: textAt(live, ["metadata", "resourceVersion"]),
    },
  };
  if (isControlled(live)) return { kind: "patch", patch, kept: [], isMarkOnly: false };
  const isMarkOnly = kept.length > 0 && Object.keys(back).length === 0;
  return { kind: "patch", patch, kept, isMarkOnly };
}

/** What its controller has set since is no news. */
function isControlled(live: JsonObject): boolean {
  return arrayAt(live, ["metadata", "ownerReferences"]).some(
    (owner) => valueAt(owner, ["controller"]) === true,
  );
}

function readMark(text: string): PassiveMark | undefined {
  try {
    const value = parseJson(text);
    if (!isJsonObject(value) || !isJsonObject(value["is"]) || !isJsonObject(value["was"]))
      return undefined;
    return { is: value["is"], was: value["was"] };
  } catch {
    return undefined;
  }
}

function putBack(
  { is, was }: PassiveMark,
  live: JsonValue | undefined,
  path: readonly string[],
  kept: string[],
): JsonObject {
  const patch: [string, JsonValue][] = [];
  for (const [key, expected] of Object.entries(is)) {
    const here = [...path, key];
    const present = valueAt(live, [key]);
    const original = valueAt(was, [key]) ?? null;
    if (isJsonObject(expected)) {
      const inner = isJsonObject(original) ? original : {};
      const back = putBack({ is: expected, was: inner }, present, here, kept);
      if (Object.keys(back).length > 0) patch.push([key, back]);
    } else if (holds(present, expected)) patch.push([key, original]);
    else kept.push(here.join("."));
  }
  return Object.fromEntries(patch);
}

/** What was written is there; the API server may have filled in more beside it. */
function holds(present: JsonValue | undefined, expected: JsonValue): boolean {
  if (Array.isArray(present) && Array.isArray(expected)) {
    return (
      present.length === expected.length &&
      expected.every((one, at) => contains(present[at] as JsonValue, one as JsonValue))
    );
  }
  return equalJson(present, expected);
}

function contains(present: JsonValue | undefined, expected: JsonValue): boolean {
  if (!isJsonObject(present) || !isJsonObject(expected)) return equalJson(present, expected);
  return Object.entries(expected).every(([key, value]) => contains(valueAt(present, [key]), value));
}
