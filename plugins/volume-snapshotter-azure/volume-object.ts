import {
  ArkError,
  objectAt,
  type PersistentVolume,
  textAt,
  valueAt,
  withValue,
} from "../../src/plugin-sdk/volume-snapshotter.ts";
import { isDiskName, parseResourceId } from "./resource-id.ts";

const csiDriver = "disk.csi.azure.com";
const csiHandle = ["spec", "csi", "volumeHandle"];
const inTree = ["spec", "azureDisk"];
const inTreeName = [...inTree, "diskName"];
const inTreeUri = [...inTree, "diskURI"];

/**
 * The whole id of the disk, subscription and resource group with it; its name alone where the
 * object has no more. undefined: the volume is no disk of Azure. Errors: ARK_PROVIDER_FAILED.
 */
export function volumeIdOf(volume: PersistentVolume): string | undefined {
  if (isOfCsi(volume)) {
    if (textAt(volume, ["spec", "csi", "driver"]) !== csiDriver) return undefined;
    const handle = textAt(volume, csiHandle);
    if (parseResourceId(handle, "disks") !== undefined) return handle;
    throw unusable(volume, `spec.csi.volumeHandle ${JSON.stringify(handle)}`);
  }
  if (valueAt(volume, inTree) === undefined) return undefined;
  const [uri, name] = [textAt(volume, inTreeUri), textAt(volume, inTreeName)];
  if (parseResourceId(uri, "disks") !== undefined) return uri;
  if (uri === "" && isDiskName(name)) return name;
  throw unusable(volume, `spec.azureDisk.diskURI ${JSON.stringify(uri)}`);
}

/** The volume standing for another disk. Errors: ARK_PROVIDER_FAILED for one that is none. */
export function withVolumeId(volume: PersistentVolume, id: string): PersistentVolume {
  const name = textAt(volume, ["metadata", "name"]);
  const driver = textAt(volume, ["spec", "csi", "driver"]);
  if (isOfCsi(volume) && driver === csiDriver) return withValue(volume, csiHandle, id);
  if (!isOfCsi(volume) && valueAt(volume, inTree) !== undefined) {
    const diskName = parseResourceId(id, "disks")?.name ?? id;
    return withValue(withValue(volume, inTreeUri, id), inTreeName, diskName);
  }
  const what = isOfCsi(volume) ? `is of CSI driver ${JSON.stringify(driver)}` : "is none of Azure";
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `PersistentVolume ${JSON.stringify(name)} cannot stand for disk ${id}: it ${what}`,
  );
}

function unusable(volume: PersistentVolume, what: string): ArkError {
  const name = textAt(volume, ["metadata", "name"]);
  return new ArkError(
    "ARK_PROVIDER_FAILED",
    `PersistentVolume ${JSON.stringify(name)} names no managed disk: ${what}`,
    {
      advice:
        "snapshots are made of managed disks only; a disk that is a blob of a storage account has to be moved to one, or its files copied",
    },
  );
}

const isOfCsi = (volume: PersistentVolume): boolean =>
  Object.keys(objectAt(volume, ["spec", "csi"])).length > 0;
