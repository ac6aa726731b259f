import { objectAt } from "../../../lib/json-edit.ts";
import type { JsonObject } from "../../../lib/json-text.ts";
import { podSpecPaths } from "../../pod-specs.ts";
import type { ExaminedObject } from "./facts.ts";

export interface PodOf {
  readonly spec: JsonObject;
  readonly metadata: JsonObject;
  /** False: a controller makes pods of it, which are refused then, but not the object itself. */
  readonly isPod: boolean;
}

/** The pod that an object is or makes; undefined for others. */
export function podOf({ resource, desired }: ExaminedObject): PodOf | undefined {
  const path = podSpecPaths.get(resource);
  if (path === undefined) return undefined;
  return {
    spec: objectAt(desired, path),
    metadata: objectAt(desired, [...path.slice(0, -1), "metadata"]),
    isPod: resource === "pods",
  };
}
