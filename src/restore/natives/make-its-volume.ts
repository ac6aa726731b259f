import { renamedVolume } from "../../domain/restore/rules/volume-claim.ts";
import { textAt, withValue } from "../../lib/json-edit.ts";
import type { Assessment, ShapedObject } from "../apply/assess-item.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import type { RestoreRun } from "../restore-run.ts";
import { persistentVolumes } from "./native-volumes.ts";
import { sourceOf } from "./source-of.ts";

/**
 * Before a PersistentVolume is made whose data a native snapshot holds: has its provider make the
 * volume, and answers the object as it stands for that. Undefined: there is nothing to make. Errors:
 * those of NativeVolumes.
 */
export async function makeItsVolume(
  { work, decision }: Assessment,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<ShapedObject | undefined> {
  const source = sourceOf(work, run);
  const isMade = decision.action === "create" || decision.action === "recreate";
  if (source === undefined || work.volumeId !== undefined || !isMade) return undefined;
  const wanted = { volume: work.line.name, name: work.target.name, source };
  await run.natives.make(wanted, signal);
  return await standingForIts(work, run, signal);
}

/**
 * The object as this run has provided for it: a PersistentVolume standing for the volume that was
 * made for it, a claim with the name that its volume was given. Errors: those of the snapshotter.
 */
export async function standingForIts(
  object: ShapedObject,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<ShapedObject> {
  if (object.line.resource === "persistentvolumeclaims") return withVolumeName(object, run);
  if (sourceOf(object, run) === undefined) return object;
  const { line, target, item } = object;
  const rebound = await run.natives.rebind(line.name, item.desired, signal);
  if (rebound === undefined) return object;
  const name = textAt(rebound.object, ["metadata", "name"]);
  const isRenamed = name !== target.name;
  const desired = isRenamed ? renamedVolume(rebound.object, name, line.name) : rebound.object;
  const { volumeId } = rebound;
  return { ...object, target: { ...target, name }, item: { ...item, desired }, volumeId };
}

/** Its snapshotter may have given the volume another name. */
function withVolumeName(
  object: ShapedObject,
  { owners, plan }: Pick<RestoreRun, "owners" | "plan">,
): ShapedObject {
  const volume = textAt(object.backedUp, ["spec", "volumeName"]);
  if (plan.volumes.get(volume)?.native === undefined) return object;
  const key = itemKey({ resource: persistentVolumes, namespace: "", name: volume });
  const name = owners.renamed.get(key)?.target.name;
  if (name === undefined) return object;
  const desired = withValue(object.item.desired, ["spec", "volumeName"], name);
  return { ...object, item: { ...object.item, desired } };
}
