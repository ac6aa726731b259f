import { defineKind, type ResourceOf } from "./custom-resource.ts";
import {
  bigCount,
  duration,
  flag,
  oneOf,
  record,
  required,
  text,
  textMap,
  type Valued,
} from "./schema.ts";
import { nodeSystems, transferOutcome } from "./shared-schemas.ts";
import { downloadColumns, nodeColumn } from "./transfer-columns.ts";
import { transferPhases } from "./transfer-phases.ts";

const spec = record(
  {
    targetVolume: required(
      record(
        {
          pvc: required(text("The claim.")),
          pv: required(text("Its volume; empty: it has none yet.")),
          namespace: required(text("Namespace of the claim.")),
        },
        "The volume that is filled.",
      ),
    ),
    backupStorageLocation: required(text("BackupStorageLocation that the data comes from.")),
    datamover: text("Who moves the data; absent or velero: the built-in data mover."),
    snapshotID: required(text("Snapshot in the repository.")),
    sourceNamespace: required(text("Namespace that the volume was backed up from.")),
    dataMoverConfig: textMap("Settings of the data mover."),
    cancel: flag("Asks for it to stop."),
    operationTimeout: required(duration("How long the volume may take to be ready.")),
    nodeOS: oneOf(nodeSystems, "System of the nodes that can mount the volume."),
    snapshotSize: bigCount("Bytes of the snapshot."),
  },
  "Which volume is to be filled from a location.",
);

const status = record(
  {
    ...transferOutcome,
    node: text("Node that does the work."),
    acceptedByNode: text("Node that took it up."),
  },
  "What became of it.",
);

/** Velero's DataDownload (contract: its CRD, release 1.18.3). */
export const dataDownloadKind = defineKind({
  version: "v2alpha1",
  kind: "DataDownload",
  plural: "datadownloads",
  description: "Fills a volume with data from a BackupStorageLocation.",
  columns: [...downloadColumns, nodeColumn(".status.node")],
  spec,
  status,
  phases: transferPhases,
});

export type DataDownloadSpec = Valued<typeof spec>;
export type DataDownloadStatus = Valued<typeof status>;
export type DataDownload = ResourceOf<typeof dataDownloadKind>;
