import {
  type OptionDoc,
  parseConfigOf,
  type SnapshotLocationSpec,
} from "../../src/plugin-sdk/volume-snapshotter.ts";

export interface EbsOptions {
  /** Name of the VolumeSnapshotLocation. */
  readonly location: string;
  readonly region: string;
  readonly profile?: string | undefined;
  readonly credentialsFile?: string | undefined;
  readonly kmsKeyId?: string | undefined;
}

/** The keys of Velero's plugin for AWS 1.14. */
export const ebsOptionDocs: readonly OptionDoc[] = [
  { key: "region", meaning: "region of the volumes", default: "none: it must be given" },
  {
    key: "profile",
    meaning: "profile of the credentials file; wins over the environment",
    default: "none",
  },
  {
    key: "credentialsFile",
    meaning: "file of credentials; wins over the environment; read again when it changes",
    default: "the SDK's chain",
  },
  {
    key: "ebsKmsKeyId",
    meaning: "KMS key that new volumes are encrypted with",
    default: "as the snapshot is",
  },
  {
    key: "enableSharedConfig",
    meaning: "accepted and without effect, as in Velero's plugin",
    default: "",
  },
];

/** Errors: ARK_CONFIG_INVALID. */
export function parseEbsOptions({ name, provider, config }: SnapshotLocationSpec): EbsOptions {
  const what = `the volume snapshot location ${JSON.stringify(name)}`;
  const reader = parseConfigOf({ what, provider, config }, ebsOptionDocs);
  reader.flag("enableSharedConfig", false);
  const region = reader.text("region");
  if (region === undefined) reader.fault("region is missing");
  const options: EbsOptions = {
    location: name,
    region: region ?? "",
    profile: reader.text("profile"),
    credentialsFile: reader.text("credentialsFile"),
    kmsKeyId: reader.text("ebsKmsKeyId"),
  };
  reader.done();
  return options;
}
