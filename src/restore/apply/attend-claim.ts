import { rebindPatch } from "../../domain/restore/rebind-volume.ts";
import { endsTheRun } from "../../domain/restore/retry.ts";
import type { VolumeFate } from "../../domain/restore/volume-fate.ts";
import type { IndexLine } from "../../format/index-line.ts";
import { toArkError } from "../../lib/errors.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ObjectRef } from "../../ports/cluster.ts";
import { describeTarget, type RestoreRun, targetOf } from "../restore-run.ts";
import { encodeObject } from "./apply-decision.ts";
import { readObject } from "./read-object.ts";

/**
 * After a claim was made: says so when its data does not come back, and gives it back a volume that
 * is not in the backup but waits in the cluster.
 */
export async function attendClaim(
  run: RestoreRun,
  line: IndexLine,
  backedUp: JsonObject,
  signal: AbortSignal,
): Promise<void> {
  if (line.resource !== "persistentvolumeclaims") return;
  const volume = textAt(backedUp, ["spec", "volumeName"]);
  if (volume === "") return;
  const fate = run.plan.volumes.get(volume);
  if (fate === undefined) await attendForeignVolume(run, line, volume, signal);
  else if (fate.fate === "provision" && fate.snapshot === undefined)
    reportEmptyVolume(run, line, volume, fate);
}

/** The backup holds the claim without its volume, as a backup of one namespace may. */
async function attendForeignVolume(
  run: RestoreRun,
  line: IndexLine,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const kind = run.target.find("persistentvolumes", "v1");
  if (kind === undefined) return;
  const ref: ObjectRef = { kind, namespace: "", name };
  const target = targetOf(run.plan, line);
  try {
    const raw = await run.ports.cluster.get(ref, { signal });
    if (raw === undefined) return reportMissingVolume(run, line, name);
    const volume = readObject(raw.bytes, `PersistentVolume "${name}" of the cluster`);
    const patch = rebindPatch(volume, target);
    if (patch === undefined) return reportForeignHolder(run, line, volume);
    const fieldManager = "ark-ts";
    await run.ports.cluster.patch(ref, "merge", encodeObject(patch), { fieldManager, signal });
    run.log.write("info", "released volume given back to its claim", { volume: name });
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    if (endsTheRun(error.code)) throw error;
    if (error.code === "ARK_API_FORBIDDEN") return reportUnseenVolume(run, line, name);
    const message = `volume "${name}" of ${describeTarget(target)} could not be given back to it: ${error.message}`;
    run.log.find({ severity: "warning", code: error.code, message, ...objectOf(run, line) });
  }
}

/** A volume that another claim holds: this one keeps its name, and is not bound. */
function reportForeignHolder(run: RestoreRun, line: IndexLine, volume: JsonObject): void {
  const target = targetOf(run.plan, line);
  const namespace = textAt(volume, ["spec", "claimRef", "namespace"]);
  const name = textAt(volume, ["spec", "claimRef", "name"]);
  if (name === "" || (namespace === target.namespace && name === target.name)) return;
  const id = textAt(volume, ["metadata", "name"]);
  run.log.find({
    severity: "warning",
    code: "ARK_VOLUME_MISSING",
    message: `${describeTarget(target)} stays Pending: it names volume "${id}", which is not in the backup and belongs to claim "${namespace}/${name}"`,
    advice: `for a new, empty volume: kubectl get pvc ${target.name} -n ${target.namespace} -o yaml, delete it, and make it anew without spec.volumeName`,
    ...objectOf(run, line),
  });
}

/** A user with rights in a namespace alone may not look; the claim is there all the same. */
function reportUnseenVolume(run: RestoreRun, line: IndexLine, volume: string): void {
  run.log.find({
    severity: "warning",
    code: "ARK_VOLUME_MISSING",
    message: `${describeTarget(targetOf(run.plan, line))} names volume "${volume}", which is not in the backup; whether the cluster has it free may not be seen by this user. If not, the claim stays Pending`,
    ...objectOf(run, line),
  });
}

function reportMissingVolume(run: RestoreRun, line: IndexLine, volume: string): void {
  run.log.find({
    severity: "warning",
    code: "ARK_VOLUME_MISSING",
    message: `${describeTarget(targetOf(run.plan, line))} names volume "${volume}", which is neither in the backup nor in the cluster; it waits until that is made`,
    ...objectOf(run, line),
  });
}

function objectOf(run: RestoreRun, line: IndexLine) {
  const { namespace, name } = targetOf(run.plan, line);
  return { resource: line.resource, namespace, name };
}

function reportEmptyVolume(
  run: RestoreRun,
  line: IndexLine,
  volume: string,
  fate: VolumeFate,
): void {
  const target = targetOf(run.plan, line);
  const object = objectOf(run, line);
  if (fate.lostData !== undefined) {
    run.log.find({
      ...object,
      severity: "error",
      code: "ARK_VOLUME_DATA_UNSUPPORTED",
      message: `${describeTarget(target)} gets a new, empty volume: its data was saved by ${fate.lostData}, which this version cannot bring back`,
      advice: "restore its data with the velero command that made the backup",
    });
    return;
  }
  if (fate.isUnwanted === true) {
    run.log.find({
      ...object,
      severity: "warning",
      code: "ARK_VOLUME_EMPTY",
      message: `${describeTarget(target)} gets a new, empty volume: this restore does not bring back volumes (--restore-volumes=false)`,
    });
    return;
  }
  run.log.find({
    ...object,
    severity: "warning",
    code: "ARK_VOLUME_EMPTY",
    message: `${describeTarget(target)} gets a new, empty volume: the backup has no data of volume "${volume}", whose reclaim policy is Delete`,
  });
}
