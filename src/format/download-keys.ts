import type { DownloadTarget } from "../api/download-request.ts";
import { ArkError } from "../lib/errors.ts";
import { backupKeys, logSegmentKey, restoreKeys, thawKey } from "./keys.ts";

type Target = { readonly kind: DownloadTarget; readonly name: string };

const ofBackups: Readonly<Partial<Record<DownloadTarget, keyof ReturnType<typeof backupKeys>>>> = {
  BackupLog: "logs",
  BackupContents: "archive",
  BackupVolumeSnapshots: "volumeSnapshots",
  BackupItemOperations: "itemOperations",
  BackupResourceList: "resourceList",
  BackupResults: "results",
  CSIBackupVolumeSnapshots: "csiVolumeSnapshots",
  CSIBackupVolumeSnapshotContents: "csiVolumeSnapshotContents",
  BackupVolumeInfos: "volumeInfo",
};

const ofRestores: Readonly<Partial<Record<DownloadTarget, keyof ReturnType<typeof restoreKeys>>>> =
  {
    RestoreLog: "logs",
    RestoreResults: "results",
    RestoreResourceList: "resourceList",
    RestoreItemOperations: "itemOperations",
    RestoreVolumeInfo: "volumeInfo",
  };

/** Of which resource a target is a file, and under which key (velero-features 2.2, 2.3). Errors: ARK_NAME_INVALID. */
export function downloadKey({ kind, name }: Target): {
  readonly of: "Backup" | "Restore";
  readonly key: string;
} {
  const file = ofBackups[kind];
  if (file !== undefined) return { of: "Backup", key: backupKeys(name)[file] };
  const other = ofRestores[kind] ?? "logs";
  return { of: "Restore", key: restoreKeys(name)[other] };
}

/** Files of a backup that only ark-ts writes and Velero's targets have no word for. */
export const ownFiles = ["manifest", "volumes", "index", "versionIndex"] as const;

/**
 * One of these; or, of a backup or restore in progress, a segment of its log, from 1; or a record
 * of the post hooks that a backup owes.
 */
export type OwnFile = (typeof ownFiles)[number] | `log-${number}` | `thaw-${number}`;

const ofLogs: readonly DownloadTarget[] = ["BackupLog", "RestoreLog"];

/** `runUid`: of the Backup or Restore. Errors: ARK_USAGE where there is no such file; ARK_NAME_INVALID. */
export function ownDownloadKey(file: string, { kind, name }: Target, runUid: string): string {
  const [, segment] = /^log-([1-9]\d{0,8})$/.exec(file) ?? [];
  if (segment !== undefined && ofLogs.includes(kind)) return logSegmentKey(runUid, Number(segment));
  const [, thaw] = /^thaw-([1-9]\d{0,8})$/.exec(file) ?? [];
  if (thaw !== undefined && ofBackups[kind] !== undefined) return thawKey(runUid, Number(thaw));
  const known = ownFiles.find((one) => one === file);
  if (known !== undefined && ofBackups[kind] !== undefined) return backupKeys(name)[known];
  throw new ArkError("ARK_USAGE", `${JSON.stringify(file)} is no file of a ${kind}`, {
    advice: `of a Backup there are: ${ownFiles.join(", ")}; of logs: log-1, log-2, …`,
  });
}
