import { defineKind, type ResourceOf } from "./custom-resource.ts";
import { phaseTable } from "./phase-table.ts";
import { oneOf, record, required, text, time, type Valued } from "./schema.ts";

/** Velero's command looks for the URL, not for the phase. */
const phases = phaseTable(
  { New: ["Processed"], Processed: [] },
  { terminal: ["Processed"], awaited: ["status.downloadURL"] },
);

/** The files that can be asked for. The CSI ones are in backups of old Velero only. */
export const downloadTargets = [
  "BackupLog",
  "BackupContents",
  "BackupVolumeSnapshots",
  "BackupItemOperations",
  "BackupResourceList",
  "BackupResults",
  "RestoreLog",
  "RestoreResults",
  "RestoreResourceList",
  "RestoreItemOperations",
  "CSIBackupVolumeSnapshots",
  "CSIBackupVolumeSnapshotContents",
  "BackupVolumeInfos",
  "RestoreVolumeInfo",
] as const;

const spec = record(
  {
    target: required(
      record(
        {
          kind: required(oneOf(downloadTargets, "Which file.")),
          name: required(text("Name of the Backup or Restore.")),
        },
        "The file that is asked for.",
      ),
    ),
  },
  "What is to be downloaded.",
);

const status = record(
  {
    phase: oneOf(phases.phases, "How far it has come."),
    downloadURL: text("Where a plain GET without credentials answers with the file."),
    expiration: time("When the URL ceases to work."),
  },
  "What became of it.",
);

/** Velero's DownloadRequest (contract: its CRD, release 1.18.3). */
export const downloadRequestKind = defineKind({
  version: "v1",
  kind: "DownloadRequest",
  plural: "downloadrequests",
  description: "Asks for a URL from which a file of a Backup or Restore can be downloaded.",
  spec,
  status,
  phases,
});

export type DownloadTarget = (typeof downloadTargets)[number];
export type DownloadRequestSpec = Valued<typeof spec>;
export type DownloadRequestStatus = Valued<typeof status>;
export type DownloadRequest = ResourceOf<typeof downloadRequestKind>;
