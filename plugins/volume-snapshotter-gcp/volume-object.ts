import {
  ArkError,
  objectAt,
  type PersistentVolume,
  textAt,
  valueAt,
  withValue,
} from "../../src/plugin-sdk/volume-snapshotter.ts";

const csiDrivers: readonly string[] = ["pd.csi.storage.gke.io", "gcp.csi.confidential.cloud"];
const csiHandle = ["spec", "csi", "volumeHandle"];
const inTreeName = ["spec", "gcePersistentDisk", "pdName"];

export interface DiskOfVolume {
  readonly name: string;
  /** Of a CSI volume; in-tree volumes name none. */
  readonly project?: string | undefined;
  /** Of a CSI volume in one zone. */
  readonly zone?: string | undefined;
}

/** Undefined: the volume is no Persistent Disk. Errors: ARK_PROVIDER_FAILED for one that names none. */
export function diskOf(volume: PersistentVolume): DiskOfVolume | undefined {
  if (isOfCsi(volume)) return diskOfHandle(volume);
  if (valueAt(volume, ["spec", "gcePersistentDisk"]) === undefined) return undefined;
  const name = textAt(volume, inTreeName);
  if (name !== "") return { name };
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `PersistentVolume ${nameOf(volume)} has no spec.gcePersistentDisk.pdName`,
  );
}

/**
 * The volume standing for another disk, of the same zone or region, in `project`. Errors:
 * ARK_PROVIDER_FAILED for one that is no Persistent Disk.
 */
export function withDisk(
  volume: PersistentVolume,
  name: string,
  project: string,
): PersistentVolume {
  if (isOfCsi(volume)) {
    const handle = handleOf(volume);
    return withValue(volume, csiHandle, `projects/${project}/${handle.place}/disks/${name}`);
  }
  if (valueAt(volume, ["spec", "gcePersistentDisk"]) !== undefined) {
    return withValue(volume, inTreeName, name);
  }
  throw foreign(volume, name, "is no Persistent Disk");
}

function diskOfHandle(volume: PersistentVolume): DiskOfVolume | undefined {
  if (!csiDrivers.includes(driverOf(volume))) return undefined;
  const { project, place, name } = handleOf(volume);
  const [scope, where] = place.split("/");
  if (where === "multi-zone") {
    throw new ArkError(
      "ARK_PROVIDER_FAILED",
      `PersistentVolume ${nameOf(volume)} stands for one disk in each of several zones, of which no one snapshot can be made`,
      { advice: "make snapshots of the disks at Google Cloud" },
    );
  }
  return { name, project, zone: scope === "zones" ? where : undefined };
}

interface Handle {
  readonly project: string;
  /** `zones/NAME` or `regions/NAME`. */
  readonly place: string;
  readonly name: string;
}

function handleOf(volume: PersistentVolume): Handle {
  const driver = driverOf(volume);
  if (!csiDrivers.includes(driver)) {
    throw foreign(volume, "a disk", `is of CSI driver ${JSON.stringify(driver)}`);
  }
  const handle = textAt(volume, csiHandle);
  const [, project, place, name] =
    /^projects\/([^/]+)\/((?:zones|regions)\/[^/]+)\/disks\/([^/]+)$/.exec(handle) ?? [];
  if (project !== undefined && place !== undefined && name !== undefined) {
    return { project, place, name };
  }
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `PersistentVolume ${nameOf(volume)} has the volume handle ${JSON.stringify(handle)}, which is not of the form projects/PROJECT/zones/ZONE/disks/NAME`,
  );
}

function foreign(volume: PersistentVolume, disk: string, why: string): ArkError {
  return new ArkError(
    "ARK_PROVIDER_FAILED",
    `PersistentVolume ${nameOf(volume)} cannot stand for ${disk}: it ${why}`,
  );
}

const driverOf = (volume: PersistentVolume): string => textAt(volume, ["spec", "csi", "driver"]);
const nameOf = (volume: PersistentVolume): string =>
  JSON.stringify(textAt(volume, ["metadata", "name"]));
const isOfCsi = (volume: PersistentVolume): boolean =>
  Object.keys(objectAt(volume, ["spec", "csi"])).length > 0;
