import { defineKind, type ResourceOf } from "./custom-resource.ts";
import { phaseTable } from "./phase-table.ts";
import { nullable, oneOf, record, required, text, texts, type Valued } from "./schema.ts";

/** Processed without errors it is deleted, and its Backup with it. */
const phases = phaseTable(
  { New: ["InProgress", "Processed"], InProgress: ["Processed"], Processed: [] },
  { terminal: ["Processed"], awaited: [] },
);

const spec = record(
  { backupName: required(text("The Backup to delete.")) },
  "What is to be deleted.",
);

const status = record(
  {
    phase: oneOf(phases.phases, "How far it has come."),
    errors: nullable(texts("What could not be deleted.")),
  },
  "What became of it.",
);

/** Velero's DeleteBackupRequest (contract: its CRD, release 1.18.3). */
export const deleteBackupRequestKind = defineKind({
  version: "v1",
  kind: "DeleteBackupRequest",
  plural: "deletebackuprequests",
  description: "Asks for a Backup to be deleted with all that belongs to it.",
  columns: [
    {
      name: "BackupName",
      type: "string",
      jsonPath: ".spec.backupName",
      description: "The Backup to delete.",
    },
    {
      name: "Status",
      type: "string",
      jsonPath: ".status.phase",
      description: "How far it has come.",
    },
  ],
  spec,
  status,
  phases,
});

export type DeleteBackupRequestSpec = Valued<typeof spec>;
export type DeleteBackupRequestStatus = Valued<typeof status>;
export type DeleteBackupRequest = ResourceOf<typeof deleteBackupRequestKind>;
