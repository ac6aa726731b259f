import { defineKind, type ResourceOf } from "./custom-resource.ts";
import {
  bigCount,
  flag,
  nullable,
  oneOf,
  record,
  required,
  text,
  textMap,
  type Valued,
} from "./schema.ts";
import { objectReference, transferOutcome, uploaderTypes } from "./shared-schemas.ts";
import { nodeColumn, uploadColumns } from "./transfer-columns.ts";
import { transferPhases } from "./transfer-phases.ts";

const spec = record(
  {
    node: required(text("Node that the pod is on.")),
    pod: required(objectReference("The pod that mounts the volume.")),
    volume: required(text("Name of the volume in the pod.")),
    backupStorageLocation: required(text("BackupStorageLocation that the repository is in.")),
    repoIdentifier: required(text("Address of the repository.")),
    uploaderType: oneOf(uploaderTypes, "Who reads the files; empty: restic, as of old."),
    tags: textMap("Tags of the snapshot in the repository."),
    uploaderSettings: nullable(textMap("Settings of the uploader.")),
    cancel: flag("Asks for it to stop."),
  },
  "Which volume is to be backed up as files.",
);

const status = record(
  {
    ...transferOutcome,
    path: text("Where the volume is mounted for reading."),
    snapshotID: text("Its snapshot in the repository."),
    incrementalBytes: bigCount("Bytes that are new since the last backup."),
  },
  "What became of it.",
);

/** Velero's PodVolumeBackup (contract: its CRD, release 1.18.3, but for the column of the node). */
export const podVolumeBackupKind = defineKind({
  version: "v1",
  kind: "PodVolumeBackup",
  plural: "podvolumebackups",
  description: "Backs up one volume of a pod as files.",
  columns: [
    ...uploadColumns,
    nodeColumn(".spec.node"),
    {
      name: "Uploader",
      type: "string",
      jsonPath: ".spec.uploaderType",
      description: "Who reads the files.",
    },
  ],
  spec,
  status,
  phases: transferPhases,
});

export type PodVolumeBackupSpec = Valued<typeof spec>;
export type PodVolumeBackupStatus = Valued<typeof status>;
export type PodVolumeBackup = ResourceOf<typeof podVolumeBackupKind>;
