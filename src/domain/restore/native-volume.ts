import { annotations } from "../../api/labels.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import { objectAt, textAt, withoutAll } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { RuleContext } from "./rule.ts";

export const volumeGoes = "the volume that is there goes with its claim, which is gone";

/** Whether `desired` is a volume that is made of a native snapshot. */
export function isOfNative({
  resource,
  desired,
  context,
}: {
  readonly resource: GroupResource;
  readonly desired: JsonObject;
  readonly context: Pick<RuleContext, "volumes">;
}): boolean {
  if (resource !== "persistentvolumes") return false;
  const former = textAt(desired, ["metadata", "annotations", annotations.originalVolume]);
  const name = former === "" ? textAt(desired, ["metadata", "name"]) : former;
  return context.volumes.get(name)?.native !== undefined;
}

/** Its claim was deleted, and its controller deletes it next: a new one can be made then. */
export function isLeaving(volume: JsonObject): boolean {
  return textAt(volume, ["status", "phase"]) === "Released" && isDeletedWithClaim(volume);
}

export function isDeletedWithClaim(volume: JsonObject): boolean {
  return textAt(volume, ["spec", "persistentVolumeReclaimPolicy"]) === "Delete";
}

/** What of the spec of a PersistentVolume does not say which volume it stands for. */
const ownFields: ReadonlySet<string> = new Set([
  ...["accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity"],
  ...["persistentVolumeReclaimPolicy", "storageClassName", "volumeAttributesClassName"],
  "volumeMode",
]);

/** A volume that is there stands for data of its own: nothing to be compared, or changed. */
export function withoutSources(
  present: JsonObject,
  wanted: JsonObject,
): { present: JsonObject; wanted: JsonObject } {
  const fields = [present, wanted].flatMap((volume) => Object.keys(objectAt(volume, ["spec"])));
  const paths = fields.filter((name) => !ownFields.has(name)).map((name) => ["spec", name]);
  return { present: withoutAll(present, paths), wanted: withoutAll(wanted, paths) };
}
