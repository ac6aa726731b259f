import {
  goDurationMs,
  type OptionDoc,
  parseConfigOf,
  type SnapshotLocationSpec,
} from "../../src/plugin-sdk/volume-snapshotter.ts";
import { isTagKey, maxTagKeyLength, maxTagValueLength } from "./tag-rules.ts";

export interface AzureDiskOptions {
  /** Name of the VolumeSnapshotLocation. */
  readonly location: string;
  /** Of the snapshots; absent: those of the credentials. */
  readonly resourceGroup?: string | undefined;
  readonly subscriptionId?: string | undefined;
  /** How long an operation of Azure is waited for. */
  readonly apiTimeoutMs: number;
  /** Absent: as Azure chooses by the type of the disk. */
  readonly incremental?: boolean | undefined;
  /** Of every snapshot, before all others of the same key. */
  readonly tags: Readonly<Record<string, string>>;
  readonly credentialsFile?: string | undefined;
  readonly activeDirectoryAuthorityURI?: string | undefined;
}

const defaultApiTimeoutMs = 120_000;

/** The keys of Velero's plugin for Azure 1.14. */
export const azureDiskOptionDocs: readonly OptionDoc[] = [
  {
    key: "resourceGroup",
    meaning: "resource group of the snapshots",
    default: "AZURE_RESOURCE_GROUP of the credentials",
  },
  {
    key: "subscriptionId",
    meaning: "subscription of the snapshots; needs resourceGroup",
    default: "AZURE_SUBSCRIPTION_ID of the credentials",
  },
  {
    key: "apiTimeout",
    meaning: "how long Azure may take to make or delete something, as `90s` or `5m`",
    default: "2m",
  },
  {
    key: "incremental",
    meaning: "whether snapshots hold only what changed since the last",
    default: "false; true for the types of which Azure takes no other",
  },
  {
    key: "tags",
    meaning: "tags of every snapshot: `key1=value1,key2=value2`",
    default: "none",
  },
  {
    key: "credentialsFile",
    meaning: "file of credentials; wins over the environment; read again when it changes",
    default: "AZURE_CREDENTIALS_FILE, else the environment",
  },
  {
    key: "activeDirectoryAuthorityURI",
    meaning: "where to sign in",
    default: "that of AZURE_CLOUD_NAME",
  },
];

/** Errors: ARK_CONFIG_INVALID. */
export function parseAzureDiskOptions(location: SnapshotLocationSpec): AzureDiskOptions {
  const { name, provider, config } = location;
  const what = `the volume snapshot location ${JSON.stringify(name)}`;
  const reader = parseConfigOf({ what, provider, config }, azureDiskOptionDocs);
  const fault = (sentence: string): void => reader.fault(sentence);
  const resourceGroup = reader.text("resourceGroup");
  const subscriptionId = reader.text("subscriptionId");
  if (subscriptionId !== undefined && resourceGroup === undefined) {
    fault("subscriptionId needs resourceGroup beside it");
  }
  const isIncremental = reader.flag("incremental", false);
  const options: AzureDiskOptions = {
    location: name,
    resourceGroup,
    subscriptionId,
    apiTimeoutMs: durationOf(reader.text("apiTimeout"), fault),
    incremental: reader.text("incremental") === undefined ? undefined : isIncremental,
    tags: tagsOf(reader.text("tags"), fault),
    credentialsFile: reader.text("credentialsFile"),
    activeDirectoryAuthorityURI: reader.url("activeDirectoryAuthorityURI"),
  };
  reader.done();
  return options;
}

function durationOf(text: string | undefined, fault: (sentence: string) => void): number {
  if (text === undefined) return defaultApiTimeoutMs;
  const durationMs = goDurationMs(text);
  if (durationMs !== undefined && durationMs > 0) return durationMs;
  fault(`apiTimeout must be a time such as 90s or 5m, not ${JSON.stringify(text)}`);
  return defaultApiTimeoutMs;
}

/** As Velero's plugin reads them; what Azure would refuse is refused here. */
function tagsOf(
  text: string | undefined,
  fault: (sentence: string) => void,
): Readonly<Record<string, string>> {
  const tags: Record<string, string> = {};
  for (const pair of text?.split(",") ?? []) {
    const [key = "", ...rest] = pair.split("=");
    const [name, value] = [key.trim(), rest.join("=").trim()];
    if (name === "" || rest.length === 0) {
      fault(`tags must be written as key1=value1,key2=value2, not ${JSON.stringify(pair)}`);
    } else if (!isTagKey(name) || value.length > maxTagValueLength) {
      fault(
        `tags: Azure takes no tag ${JSON.stringify(name)}: keys have up to ${maxTagKeyLength} characters and none of <>%&\\?/, values up to ${maxTagValueLength}`,
      );
    } else tags[name] = value;
  }
  return tags;
}
