import type { RestoreSpec } from "../../api/restore.ts";
import { goDurationMs } from "../../lib/go-duration.ts";

/** Sentences about settings of the spec that are kept with the restore and change nothing yet. */
export function idleSettings({
  itemOperationTimeout,
  uploaderConfig,
}: RestoreSpec): readonly string[] {
  const { writeSparseFiles, parallelFilesDownload = 0 } = uploaderConfig ?? {};
  const ofData = [
    ...(writeSparseFiles === true ? ["write-sparse-files"] : []),
    ...(parallelFilesDownload > 0 ? ["parallel-files-download"] : []),
  ];
  return [
    ...(ofData.length === 0
      ? []
      : [
          `${ofData.join(" and ")}: kept with the restore, without effect: this version restores objects, not the data of volumes`,
        ]),
    ...(itemOperationTimeout === undefined || goDurationMs(itemOperationTimeout) === 0
      ? []
      : [
          "item-operation-timeout: kept with the restore, without effect: nothing in a restore begins such operations yet",
        ]),
  ];
}
