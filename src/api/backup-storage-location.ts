import { defineKind, type ResourceOf } from "./custom-resource.ts";
import { phaseTable } from "./phase-table.ts";
import {
  bytes,
  duration,
  flag,
  nullable,
  oneOf,
  record,
  required,
  text,
  textMap,
  time,
  type Valued,
} from "./schema.ts";
import { secretKey } from "./shared-schemas.ts";

/** The first look writes what it found. */
const phases = phaseTable(
  { Available: ["Unavailable"], Unavailable: ["Available"] },
  { terminal: [], awaited: [] },
);

const accessModes = ["ReadOnly", "ReadWrite"] as const;

const spec = record(
  {
    provider: required(text("Name of the object store plugin, such as aws.")),
    config: textMap("Settings of the plugin."),
    credential: secretKey("Credentials for this location; absent: those of the server."),
    objectStorage: required(
      record(
        {
          bucket: required(text("The bucket.")),
          prefix: text("Folder in the bucket; absent: none."),
          caCert: bytes(
            "Certificates to trust, PEM in base64; not together with caCertRef, which is to be preferred.",
          ),
          caCertRef: secretKey("Secret that holds the certificates to trust, as PEM."),
        },
        "Where in the store it is.",
      ),
    ),
    default: flag("Whether Backups that name no location go here."),
    accessMode: oneOf(accessModes, "ReadOnly: nothing is written or deleted; absent: ReadWrite."),
    backupSyncPeriod: nullable(
      duration("How often Backups are looked for that are only in the bucket; 0: never."),
    ),
    validationFrequency: nullable(
      duration("How often it is looked whether the location can be used; 0: never."),
    ),
  },
  "Where the location is, and how it is used.",
);

const status = record(
  {
    phase: oneOf(phases.phases, "Whether it can be used."),
    lastSyncedTime: time("When Backups were last looked for."),
    lastValidationTime: time("When it was last looked whether the location can be used."),
    message: text("Why it cannot be used."),
    lastSyncedRevision: text("No longer written."),
    accessMode: oneOf(accessModes, "No longer written."),
  },
  "What was found out about it.",
);

/** Velero's BackupStorageLocation (contract: its CRD, release 1.18.3). */
export const backupStorageLocationKind = defineKind({
  version: "v1",
  kind: "BackupStorageLocation",
  plural: "backupstoragelocations",
  shortNames: ["bsl"],
  description: "A place in object storage where backups are kept.",
  columns: [
    {
      name: "Phase",
      type: "string",
      jsonPath: ".status.phase",
      description: "Whether it can be used.",
    },
    {
      name: "Last Validated",
      type: "date",
      jsonPath: ".status.lastValidationTime",
      description: "When it was last looked whether it can be used.",
    },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    {
      name: "Default",
      type: "boolean",
      jsonPath: ".spec.default",
      description: "Whether Backups that name no location go here.",
    },
  ],
  spec,
  status,
  phases,
});

export type BackupStorageLocationSpec = Valued<typeof spec>;
export type BackupStorageLocationStatus = Valued<typeof status>;
export type BackupStorageLocation = ResourceOf<typeof backupStorageLocationKind>;
