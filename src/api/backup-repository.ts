import { defineKind, type ResourceOf } from "./custom-resource.ts";
import { phaseTable } from "./phase-table.ts";
import {
  duration,
  listOf,
  nullable,
  oneOf,
  record,
  required,
  text,
  textMap,
  time,
  type Valued,
} from "./schema.ts";
import { uploaderTypes } from "./shared-schemas.ts";

const phases = phaseTable(
  { New: ["Ready", "NotReady"], Ready: ["NotReady"], NotReady: ["Ready"] },
  { terminal: [], awaited: ["Ready", "NotReady"] },
);

const spec = record(
  {
    volumeNamespace: required(text("Namespace whose volumes are in the repository.")),
    backupStorageLocation: required(text("BackupStorageLocation that the repository is in.")),
    repositoryType: oneOf(uploaderTypes, "Format of the repository; empty: restic, as of old."),
    resticIdentifier: text("Address of the repository for restic; no longer used."),
    maintenanceFrequency: required(duration("How often the repository is tidied up.")),
    repositoryConfig: nullable(textMap("Settings of the repository.")),
  },
  "Which repository it is.",
);

const maintenance = record(
  {
    result: oneOf(["Succeeded", "Failed"], "How it ended."),
    startTimestamp: time("When it began."),
    completeTimestamp: time("When it ended."),
    message: text("Why it failed."),
  },
  "One maintenance.",
);

const status = record(
  {
    phase: oneOf(phases.phases, "Whether it can be used."),
    message: text("Why it cannot be used."),
    lastMaintenanceTime: time("When it was last tidied up well."),
    recentMaintenance: listOf(maintenance, "The last maintenances, oldest first."),
  },
  "What was found out about it.",
);

/** Velero's BackupRepository (contract: its CRD, release 1.18.3). */
export const backupRepositoryKind = defineKind({
  version: "v1",
  kind: "BackupRepository",
  plural: "backuprepositories",
  description: "A repository of the data of volumes of one namespace.",
  columns: [
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "Repository Type", type: "string", jsonPath: ".spec.repositoryType" },
  ],
  spec,
  status,
  phases,
});

export type BackupRepositorySpec = Valued<typeof spec>;
export type BackupRepositoryStatus = Valued<typeof status>;
export type BackupRepository = ResourceOf<typeof backupRepositoryKind>;
