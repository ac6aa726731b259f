import {
  ArkError,
  objectAt,
  type PersistentVolume,
  textAt,
  valueAt,
  withValue,
} from "../../src/plugin-sdk/volume-snapshotter.ts";

const csiDriver = "ebs.csi.aws.com";
const csiHandle = ["spec", "csi", "volumeHandle"];
const inTreeId = ["spec", "awsElasticBlockStore", "volumeID"];
const zoneLabel = ["metadata", "labels", "failure-domain.beta.kubernetes.io/zone"];

/** `vol-…` of what may be `aws://us-east-1a/vol-…`; undefined: the volume is none of EBS. */
export function volumeIdOf(volume: PersistentVolume): string | undefined {
  if (isOfCsi(volume) && textAt(volume, ["spec", "csi", "driver"]) === csiDriver) {
    return idIn(textAt(volume, csiHandle));
  }
  if (valueAt(volume, ["spec", "awsElasticBlockStore"]) === undefined) return undefined;
  const id = textAt(volume, inTreeId);
  if (id !== "") return idIn(id);
  const name = textAt(volume, ["metadata", "name"]);
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `PersistentVolume ${JSON.stringify(name)} has no spec.awsElasticBlockStore.volumeID`,
  );
}

/** The volume standing for another of EBS. Errors: ARK_PROVIDER_FAILED for one that is none. */
export function withVolumeId(volume: PersistentVolume, id: string): PersistentVolume {
  const driver = textAt(volume, ["spec", "csi", "driver"]);
  if (isOfCsi(volume) && driver === csiDriver) return withValue(volume, csiHandle, id);
  if (!isOfCsi(volume) && valueAt(volume, ["spec", "awsElasticBlockStore"]) !== undefined) {
    const zone = textAt(volume, zoneLabel);
    return withValue(volume, inTreeId, zone === "" ? id : `aws://${zone}/${id}`);
  }
  const name = textAt(volume, ["metadata", "name"]);
  const what = isOfCsi(volume) ? `is of CSI driver ${JSON.stringify(driver)}` : "is none of EBS";
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `PersistentVolume ${JSON.stringify(name)} cannot stand for volume ${id}: it ${what}`,
  );
}

const isOfCsi = (volume: PersistentVolume): boolean =>
  Object.keys(objectAt(volume, ["spec", "csi"])).length > 0;

const idIn = (text: string): string | undefined => /vol-.*/.exec(text)?.[0];
