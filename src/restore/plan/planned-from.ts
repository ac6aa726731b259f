import { annotations } from "../../api/labels.ts";
import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import type { PlannedFrom } from "./plan-document.ts";

/** By what a backup is known again. */
export function plannedFrom({ name, backup }: OpenedBackup): PlannedFrom {
  const { metadata, status } = backup;
  return {
    name,
    uid: metadata.uid ?? "",
    manifestSha256: metadata.annotations?.[annotations.manifestSha256] ?? "",
    completedAt: status.completionTimestamp ?? "",
  };
}
