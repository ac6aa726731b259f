import type { IndexLine } from "../format/index-line.ts";
import { textAt } from "../lib/json-edit.ts";
import type { JsonObject } from "../lib/json-text.ts";
import { describeTarget, type RestoreRun, targetOf } from "./restore-run.ts";

/** Says so when a claim was made whose data does not come back. */
export function reportEmptyVolume(run: RestoreRun, line: IndexLine, backedUp: JsonObject): void {
  if (line.resource !== "persistentvolumeclaims") return;
  const volume = textAt(backedUp, ["spec", "volumeName"]);
  const fate = run.plan.volumes.get(volume);
  if (fate?.fate !== "provision") return;
  const target = targetOf(run.plan, line);
  const object = { resource: line.resource, namespace: target.namespace, name: target.name };
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
  run.log.find({
    ...object,
    severity: "warning",
    code: "ARK_VOLUME_EMPTY",
    message: `${describeTarget(target)} gets a new, empty volume: the backup has no data of volume "${volume}", whose reclaim policy is Delete`,
  });
}
