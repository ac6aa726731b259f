import { claimsOf, storageClassOf } from "../../domain/restore/claims-of.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import type { ShapedObject } from "./assess-item.ts";

/**
 * After an object was made: names the storage class that a mapping or a modifier gave it, where the
 * cluster has none of that name. Velero does not make such an object.
 */
export async function attendClass(
  run: RestoreRun,
  { resource, target, backedUp, item }: ShapedObject,
  signal: AbortSignal,
): Promise<void> {
  const before = classesOf(resource, backedUp);
  for (const name of classesOf(resource, item.desired)) {
    if (before.has(name) || (await hasClass(run, name, signal))) continue;
    const given = `${describeTarget(target)} was given storage class "${name}", which this cluster does not have`;
    run.log.find({
      severity: "warning",
      code: "ARK_STORAGE_CLASS_MISSING",
      message: `${given}: ${consequence(resource, item.desired)}`,
      advice: adviceFor(resource, item.desired, name),
      resource,
      namespace: target.namespace,
      name: target.name,
    });
  }
}

function consequence(resource: string, object: JsonObject): string {
  if (!isClaim(resource)) return "each new claim of it waits for a volume until there is one";
  return namesVolume(object)
    ? "none is made for it, as it names its volume; bound to that, it cannot grow"
    : "it waits for a volume until there is one";
}

function adviceFor(resource: string, object: JsonObject, name: string): string {
  const create = `create storage class "${name}"`;
  // Deleting a claim with a volume may delete its data.
  if (isClaim(resource) && namesVolume(object)) return create;
  return `${create}; or delete the object, and restore it with a class that exists`;
}

function isClaim(resource: string): boolean {
  return resource === "persistentvolumeclaims";
}

function namesVolume(claim: JsonObject): boolean {
  return textAt(claim, ["spec", "volumeName"]) !== "";
}

function classesOf(resource: string, object: JsonObject): ReadonlySet<string> {
  const names = claimsOf(resource, object).map(({ claim }) => storageClassOf(claim) ?? "");
  return new Set(names.filter((name) => name !== ""));
}

/** What may not be looked at counts as there. */
async function hasClass(run: RestoreRun, name: string, signal: AbortSignal): Promise<boolean> {
  const known = run.storageClasses.get(name);
  if (known !== undefined) return known;
  const kind = run.target.find("storageclasses.storage.k8s.io", "storage.k8s.io/v1");
  if (kind === undefined) return true;
  let isThere = true;
  try {
    const ref = { kind, namespace: "", name };
    isThere = (await run.ports.cluster.get(ref, { signal })) !== undefined;
  } catch (error) {
    signal.throwIfAborted();
    run.log.write("debug", "a storage class could not be looked at", { name, error });
  }
  run.storageClasses.set(name, isThere);
  return isThere;
}
