import {
  type OptionDoc,
  parseConfigOf,
  type SnapshotLocationSpec,
} from "../../src/plugin-sdk/volume-snapshotter.ts";

export interface GcpDiskOptions {
  /** Name of the VolumeSnapshotLocation. */
  readonly location: string;
  /** Of the snapshots. */
  readonly project?: string | undefined;
  /** Of the disks. */
  readonly volumeProject?: string | undefined;
  readonly snapshotLocation?: string | undefined;
  readonly snapshotType: "STANDARD" | "ARCHIVE";
  readonly credentialsFile?: string | undefined;
}

/** The keys of Velero's plugin for GCP 1.14. */
export const gcpDiskOptionDocs: readonly OptionDoc[] = [
  {
    key: "project",
    meaning: "project that the snapshots are made in",
    default: "that of the disks",
  },
  {
    key: "volumeProject",
    meaning: "project of the disks",
    default: "that of the credentials",
  },
  {
    key: "snapshotLocation",
    meaning: "region or multi-region that stores the snapshots: `us-central1`, `eu`",
    default: "Google's choice, near the disk",
  },
  { key: "snapshotType", meaning: "`STANDARD` or `ARCHIVE`", default: "STANDARD" },
  {
    key: "credentialsFile",
    meaning: "JSON file of credentials; wins over the environment; read again when it changes",
    default: "GOOGLE_APPLICATION_CREDENTIALS, gcloud's file, the metadata server",
  },
];

/** Errors: ARK_CONFIG_INVALID. */
export function parseGcpDiskOptions({
  name,
  provider,
  config,
}: SnapshotLocationSpec): GcpDiskOptions {
  const what = `the volume snapshot location ${JSON.stringify(name)}`;
  const reader = parseConfigOf({ what, provider, config }, gcpDiskOptionDocs);
  const snapshotType = reader.text("snapshotType")?.toUpperCase() ?? "STANDARD";
  if (snapshotType !== "STANDARD" && snapshotType !== "ARCHIVE") {
    reader.fault(`snapshotType must be one of STANDARD, ARCHIVE, not ${config["snapshotType"]}`);
  }
  const options: GcpDiskOptions = {
    location: name,
    project: reader.text("project"),
    volumeProject: reader.text("volumeProject"),
    snapshotLocation: reader.text("snapshotLocation"),
    snapshotType: snapshotType === "ARCHIVE" ? "ARCHIVE" : "STANDARD",
    credentialsFile: reader.text("credentialsFile"),
  };
  reader.done();
  return options;
}
