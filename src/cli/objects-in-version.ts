import type { BackupObjects, OpenedBackup } from "../catalog/opened-backup.ts";

/** What is in a backup, in the version that was typed; undefined: as each kind is preferred. */
export function objectsInVersion(
  backup: OpenedBackup,
  typed: string | undefined,
): Pick<BackupObjects, "index" | "read" | "notes"> {
  if (typed === undefined) return backup;
  const objects = backup.everyVersion();
  return {
    ...objects,
    async *index(signal) {
      for await (const line of objects.index(signal)) {
        const { version } = line;
        if (version === typed || version.slice(version.indexOf("/") + 1) === typed) yield line;
      }
    },
  };
}
