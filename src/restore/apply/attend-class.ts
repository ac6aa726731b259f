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
      ...(hasVolume(resource, item.desired)
        ? {
            message: `${given}: it names its volume and needs none made, but it cannot grow`,
            advice: `create storage class "${name}"`,
          }
        : {
            message: `${given}: it waits for a volume until there is one`,
            advice: `create storage class "${name}"; or delete the object, and restore it with a class that exists`,
          }),
      resource,
      namespace: target.namespace,
      name: target.name,
    });
  }
}

/** Deleting such a claim may delete its data. */
function hasVolume(resource: string, object: JsonObject): boolean {
  return resource === "persistentvolumeclaims" && textAt(object, ["spec", "volumeName"]) !== "";
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
