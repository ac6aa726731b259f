import type { RestoreSpec } from "../../api/restore.ts";

/** Sentences about settings of the spec that are kept with the restore and change nothing. */
export function idleSettings({ namespaceMapping, uploaderConfig }: RestoreSpec): readonly string[] {
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
    ...Object.entries(namespaceMapping ?? {})
      .filter(([from, to]) => from === to)
      .map(
        ([from]) =>
          `namespace mapping ${from}:${from}: without effect: what is in ${from} is restored in place, and no volume of it is copied`,
      ),
  ];
}
