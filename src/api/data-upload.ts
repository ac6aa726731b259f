import { defineKind, type ResourceOf } from "./custom-resource.ts";
import {
  bigCount,
  duration,
  flag,
  nullable,
  oneOf,
  record,
  required,
  text,
  textMap,
  type Valued,
} from "./schema.ts";
import { nodeSystems, transferOutcome } from "./shared-schemas.ts";
import { nodeColumn, uploadColumns } from "./transfer-columns.ts";
import { transferPhases } from "./transfer-phases.ts";

const spec = record(
  {
    snapshotType: required(text("Kind of the snapshot; only CSI has a meaning.")),
    csiSnapshot: nullable(
      record(
        {
          volumeSnapshot: required(text("The VolumeSnapshot.")),
          storageClass: required(text("Storage class of the volume that is made of it.")),
          snapshotClass: text("Its VolumeSnapshotClass."),
          driver: text("CSI driver that made it."),
        },
        "The snapshot whose data is moved.",
      ),
    ),
    sourcePVC: required(text("Claim that the snapshot was made of.")),
    datamover: text("Who moves the data; absent or velero: the built-in data mover."),
    backupStorageLocation: required(text("BackupStorageLocation that the data goes to.")),
    sourceNamespace: required(text("Namespace of the claim.")),
    dataMoverConfig: nullable(textMap("Settings of the data mover.")),
    cancel: flag("Asks for it to stop."),
    operationTimeout: required(duration("How long the snapshot may take to be ready.")),
  },
  "Which snapshot is to be moved to a location.",
);

const status = record(
  {
    ...transferOutcome,
    path: text("Where the volume is mounted for reading."),
    snapshotID: text("Its snapshot in the repository."),
    dataMoverResult: nullable(textMap("What the data mover gives to the download.")),
    incrementalBytes: bigCount("Bytes that are new since the last backup."),
    node: text("Node that does the work."),
    nodeOS: oneOf(nodeSystems, "System of that node."),
    acceptedByNode: text("Node that took it up."),
  },
  "What became of it.",
);

/** Velero's DataUpload (contract: its CRD, release 1.18.3). */
export const dataUploadKind = defineKind({
  version: "v2alpha1",
  kind: "DataUpload",
  plural: "datauploads",
  description: "Moves the data of a snapshot to a BackupStorageLocation.",
  columns: [...uploadColumns, nodeColumn(".status.node")],
  spec,
  status,
  phases: transferPhases,
});

export type DataUploadSpec = Valued<typeof spec>;
export type DataUploadStatus = Valued<typeof status>;
export type DataUpload = ResourceOf<typeof dataUploadKind>;
