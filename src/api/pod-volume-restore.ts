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
import { downloadColumns, nodeColumn } from "./transfer-columns.ts";
import { transferPhases } from "./transfer-phases.ts";

const spec = record(
  {
    pod: required(objectReference("The pod that mounts the volume.")),
    volume: required(text("Name of the volume in the pod.")),
    backupStorageLocation: required(text("BackupStorageLocation that the repository is in.")),
    repoIdentifier: required(text("Address of the repository.")),
    uploaderType: oneOf(uploaderTypes, "Who writes the files; empty: restic, as of old."),
    snapshotID: required(text("Snapshot in the repository.")),
    sourceNamespace: required(text("Namespace that the volume was backed up from.")),
    uploaderSettings: nullable(textMap("Settings of the uploader.")),
    cancel: flag("Asks for it to stop."),
    snapshotSize: bigCount("Bytes of the snapshot."),
  },
  "Which volume is to be filled from a snapshot.",
);

const status = record(
  {
    ...transferOutcome,
    node: text("Node that does the work."),
  },
  "What became of it.",
);

/** Velero's PodVolumeRestore (contract: its CRD, release 1.18.3). */
export const podVolumeRestoreKind = defineKind({
  version: "v1",
  kind: "PodVolumeRestore",
  plural: "podvolumerestores",
  description: "Fills one volume of a pod from a backup of its files.",
  columns: [
    ...downloadColumns,
    nodeColumn(".status.node"),
    {
      name: "Uploader Type",
      type: "string",
      jsonPath: ".spec.uploaderType",
      description: "Who writes the files.",
    },
  ],
  spec,
  status,
  phases: transferPhases,
});

export type PodVolumeRestoreSpec = Valued<typeof spec>;
export type PodVolumeRestoreStatus = Valued<typeof status>;
export type PodVolumeRestore = ResourceOf<typeof podVolumeRestoreKind>;
