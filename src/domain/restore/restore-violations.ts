import type { Backup } from "../../api/backup.ts";
import { backupPhases } from "../../api/backup-phases.ts";
import type { BackupStorageLocation } from "../../api/backup-storage-location.ts";
import { isTerminal } from "../../api/phase-table.ts";
import type { Restore } from "../../api/restore.ts";
import { specToRun } from "./complete-spec.ts";
import { optionProblems, restoreOptions } from "./restore-options.ts";
import { runOptionProblems } from "./run-options.ts";
import { checkRestoreSpec } from "./validate.ts";

/** What keeps a Restore from the backup that it names, in sentences. */
export function sourceProblems({
  backup,
  location,
}: {
  readonly backup: Pick<Backup, "metadata"> & Partial<Pick<Backup, "status">>;
  readonly location: BackupStorageLocation;
}): readonly string[] {
  const { phase = "New" } = backup.status ?? {};
  const name = JSON.stringify(backup.metadata.name);
  return [
    ...(isTerminal(backupPhases, phase)
      ? []
      : [`Backup ${name} cannot be restored from yet, or no longer: it is ${phase}`]),
    ...(location.status?.phase === "Unavailable"
      ? [
          `location ${JSON.stringify(location.metadata.name)} of Backup ${name} is unavailable: ${location.status.message ?? "see its status"}`,
        ]
      : []),
  ];
}

/** What is wrong with the Restore by itself; where its backup is to be found is looked at elsewhere. */
export function specProblems({
  spec,
  metadata,
}: Pick<Restore, "spec" | "metadata">): readonly string[] {
  const { annotations = {} } = metadata;
  const asked = { spec: { ...specToRun(spec), backupName: "named" }, annotations };
  return [
    ...checkRestoreSpec({ ...asked.spec, excludedResources: spec.excludedResources ?? [] }),
    ...optionProblems(asked),
    ...runOptionProblems(annotations),
    ...(restoreOptions(asked).prune
      ? [
          "a restore that prunes needs a plan that somebody has looked at: run it with ark-ts --mode standalone",
        ]
      : []),
  ];
}
