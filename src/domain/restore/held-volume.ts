import type { GroupResource } from "../../api/resource-kind.ts";
import { textAt, valueAt, withValue } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";

const path = ["spec", "claimRef"];

/**
 * The claim, as `namespace/name`, that a live volume belongs to where the restore would have it
 * belong to another one, or to none. Undefined: no such volume. No policy takes a volume from its
 * claim: that claim would be Lost, and its data another one's.
 */
export function holderOf(
  resource: GroupResource,
  live: JsonObject,
  desired: JsonObject,
): string | undefined {
  if (resource !== "persistentvolumes") return undefined;
  const holder = claimOf(live);
  return holder === undefined || holder === claimOf(desired) ? undefined : holder;
}

/** The desired volume, with the claim that the live one has. */
export function withHolder(desired: JsonObject, live: JsonObject): JsonObject {
  const claim = valueAt(live, path);
  return claim === undefined ? desired : withValue(desired, path, claim);
}

/** Whether a field, as `ark-ts diff` writes it, says whose the volume is. */
export function isOfHolder(field: string): boolean {
  return /^spec\.claimRef(?:\.|$)/.test(field);
}

/** What a user is to know of a volume that stays with its claim. */
export function adviceOnHolder(holder: string, desired: JsonObject): string {
  const claim = claimOf(desired);
  const kept = `no policy takes the volume from claim "${holder}"`;
  return claim === undefined
    ? kept
    : `${kept}; claim "${claim}" cannot be bound to it, and stays Pending unless it is made anew without spec.volumeName`;
}

function claimOf(volume: JsonObject): string | undefined {
  const name = textAt(volume, [...path, "name"]);
  return name === "" ? undefined : `${textAt(volume, [...path, "namespace"])}/${name}`;
}
