import { defineKind, type ResourceOf } from "./custom-resource.ts";
import { phaseTable } from "./phase-table.ts";
import { oneOf, record, required, text, textMap, type Valued } from "./schema.ts";
import { secretKey } from "./shared-schemas.ts";

/** Nothing in Velero ever writes it. */
const phases = phaseTable(
  { Available: ["Unavailable"], Unavailable: ["Available"] },
  { terminal: [], awaited: [] },
);

const spec = record(
  {
    provider: required(text("Name of the snapshot plugin.")),
    config: textMap("Settings of the plugin."),
    credential: secretKey("Credentials for this location; absent: those of the server."),
  },
  "Where snapshots are made, and how.",
);

const status = record(
  { phase: oneOf(phases.phases, "Whether it can be used.") },
  "What was found out about it.",
);

/** Velero's VolumeSnapshotLocation (contract: its CRD, release 1.18.3). */
export const volumeSnapshotLocationKind = defineKind({
  version: "v1",
  kind: "VolumeSnapshotLocation",
  plural: "volumesnapshotlocations",
  shortNames: ["vsl"],
  description: "A place where a provider makes snapshots of volumes.",
  spec,
  status,
  phases,
});

export type VolumeSnapshotLocationSpec = Valued<typeof spec>;
export type VolumeSnapshotLocationStatus = Valued<typeof status>;
export type VolumeSnapshotLocation = ResourceOf<typeof volumeSnapshotLocationKind>;
