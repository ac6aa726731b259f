import { backupKind } from "./backup.ts";
import { backupRepositoryKind } from "./backup-repository.ts";
import { backupStorageLocationKind } from "./backup-storage-location.ts";
import type { CustomResource } from "./custom-resource.ts";
import { dataDownloadKind } from "./data-download.ts";
import { dataUploadKind } from "./data-upload.ts";
import { deleteBackupRequestKind } from "./delete-backup-request.ts";
import { downloadRequestKind } from "./download-request.ts";
import { podVolumeBackupKind } from "./pod-volume-backup.ts";
import { podVolumeRestoreKind } from "./pod-volume-restore.ts";
import { restoreKind } from "./restore.ts";
import { scheduleKind } from "./schedule.ts";
import { serverStatusRequestKind } from "./server-status-request.ts";
import { volumeSnapshotLocationKind } from "./volume-snapshot-location.ts";

/** All kinds of `velero.io` of Velero 1.18.3. Its server does not start where one is not served. */
export const veleroKinds: readonly CustomResource[] = [
  backupKind,
  restoreKind,
  scheduleKind,
  backupStorageLocationKind,
  volumeSnapshotLocationKind,
  deleteBackupRequestKind,
  downloadRequestKind,
  serverStatusRequestKind,
  podVolumeBackupKind,
  podVolumeRestoreKind,
  backupRepositoryKind,
  dataUploadKind,
  dataDownloadKind,
];
