import type { ActionBackup } from "../ports/item-action.ts";
import { labelsOfBackup } from "./backup-resource.ts";
import type { BackupRequest } from "./backup-run.ts";

/** What the item actions of a run are told of it. */
export function actionBackupOf(
  request: Pick<BackupRequest, "name" | "spec" | "labels" | "annotations">,
  uid: string,
): ActionBackup {
  const { name, spec, annotations } = request;
  return { name, uid, spec, labels: labelsOfBackup(request), annotations, phase: "InProgress" };
}
