import type { OwnerReference } from "../../api/owner-reference.ts";
import { arrayAt, objectAt, textAt, valueAt } from "../../lib/json-edit.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-text.ts";

/** The owners of an object of the backup, by their uids there. */
export function ownersOf(object: JsonObject): readonly OwnerReference[] {
  return arrayAt(object, ["metadata", "ownerReferences"]).flatMap((entry) => {
    const uid = textAt(entry, ["uid"]);
    if (uid === "") return [];
    const controller = valueAt(entry, ["controller"]);
    const blockOwnerDeletion = valueAt(entry, ["blockOwnerDeletion"]);
    return {
      apiVersion: textAt(entry, ["apiVersion"]),
      kind: textAt(entry, ["kind"]),
      name: textAt(entry, ["name"]),
      uid,
      ...(typeof controller === "boolean" ? { controller } : {}),
      ...(typeof blockOwnerDeletion === "boolean" ? { blockOwnerDeletion } : {}),
    };
  });
}

/** Who wrote the owner references, so that they are written by it again; empty: nobody says. */
export function ownersManager(object: JsonObject): string {
  for (const entry of arrayAt(object, ["metadata", "managedFields"])) {
    if (textAt(entry, ["subresource"]) !== "") continue;
    const fields = objectAt(entry, ["fieldsV1", "f:metadata"]);
    if (Object.hasOwn(fields, "f:ownerReferences")) return textAt(entry, ["manager"]);
  }
  return "";
}

/**
 * The references that a live object is to have so that `wanted` are among them; undefined: they
 * are. Those of others stay. An object has one controller at most: where it has another by now,
 * a wanted one comes without that mark, for the API server refuses two.
 */
export function withOwners(
  live: JsonObject,
  wanted: readonly OwnerReference[],
): readonly JsonValue[] | undefined {
  const present = arrayAt(live, ["metadata", "ownerReferences"]);
  const uids = new Set(present.map((entry) => textAt(entry, ["uid"])));
  const missing = wanted.filter(({ uid }) => !uids.has(uid));
  if (missing.length === 0) return undefined;
  let isControlled = present.some(
    (entry) => isJsonObject(entry) && valueAt(entry, ["controller"]) === true,
  );
  const added = missing.map((owner): JsonObject => {
    const { controller, ...rest } = owner;
    if (controller !== true) return { ...owner };
    const second = isControlled;
    isControlled = true;
    return second ? { ...rest } : { ...rest, controller };
  });
  return [...present, ...added];
}

/** Those of `wanted` of whose group, kind and name a live object names none. */
export function lacksOwners(
  live: JsonObject,
  wanted: readonly OwnerReference[],
): readonly OwnerReference[] {
  if (wanted.length === 0) return [];
  const present = new Set(
    arrayAt(live, ["metadata", "ownerReferences"]).map((one) =>
      nameOf(textAt(one, ["apiVersion"]), textAt(one, ["kind"]), textAt(one, ["name"])),
    ),
  );
  return wanted.filter(
    ({ apiVersion, kind, name }) => !present.has(nameOf(apiVersion, kind, name)),
  );
}

/** Without the version: an owner may be named in another one by now. */
function nameOf(apiVersion: string, kind: string, name: string): string {
  const slash = apiVersion.indexOf("/");
  return JSON.stringify([slash === -1 ? "" : apiVersion.slice(0, slash), kind, name]);
}

/**
 * Why an object may not name an owner of that namespace (empty: cluster-scoped). The garbage
 * collector takes an owner in another namespace for one that is gone, and collects the object.
 */
export function whyNoOwner(dependentNamespace: string, ownerNamespace: string): string | undefined {
  if (ownerNamespace === "" || ownerNamespace === dependentNamespace) return undefined;
  return dependentNamespace === ""
    ? "an object of the cluster cannot have an owner in a namespace"
    : `it is in another namespace now, "${ownerNamespace}"`;
}
