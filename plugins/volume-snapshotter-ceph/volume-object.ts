import {
  ArkError,
  objectAt,
  type PersistentVolume,
  textAt,
  valueAt,
  withValue,
} from "../../src/plugin-sdk/volume-snapshotter.ts";
import type { Image } from "./names.ts";
import { type CephOptions, isPlainName } from "./options.ts";

const csi = ["spec", "csi"];
const attributes = [...csi, "volumeAttributes"];
const inTree = ["spec", "rbd"];

type Place = Pick<CephOptions, "pools" | "radosNamespace" | "clusterId">;

/**
 * The image that the volume stands for; undefined: it is none of RBD, or none of this location.
 * Errors: ARK_PROVIDER_FAILED for one that cannot be read, or that cannot be restored.
 */
export function imageOfVolume(volume: PersistentVolume, place: Place): Image | undefined {
  const found = isOfDriver(volume) ? imageOfCsi(volume, place) : imageOfInTree(volume);
  if (found === undefined || !place.pools.includes(found.pool)) return undefined;
  if (found.namespace !== place.radosNamespace) return undefined;
  if (!isPlainName(found.name)) throw unreadable(volume, "names no image");
  if (textAt(volume, [...attributes, "encrypted"]) === "true") {
    throw unreadable(
      volume,
      "is encrypted by its driver, which finds the key by the volume's own id",
      "take CSI snapshots of it: give the driver a VolumeSnapshotClass",
    );
  }
  return found;
}

/** The volume standing for another image. Errors: ARK_PROVIDER_FAILED for one that is none of RBD. */
export function withImage(volume: PersistentVolume, { pool, name }: Image): PersistentVolume {
  if (isOfDriver(volume)) return asStaticVolume(volume, pool, name);
  if (valueAt(volume, inTree) !== undefined && !isOfAnyDriver(volume)) {
    return withValue(withValue(volume, [...inTree, "pool"], pool), [...inTree, "image"], name);
  }
  throw unreadable(volume, "is none of RBD");
}

/**
 * What the driver calls a static volume: its handle is the image's name. For any other it looks
 * into a journal of its own, which knows only what it has made itself.
 */
function asStaticVolume(volume: PersistentVolume, pool: string, name: string): PersistentVolume {
  const { journalPool: _journal, ...kept } = objectAt(volume, attributes);
  const { "storage.kubernetes.io/csiProvisionerIdentity": _maker, ...rest } = kept;
  const changed = { ...rest, pool, imageName: name, staticVolume: "true" };
  const static_ = withValue(withValue(volume, attributes, changed), [...csi, "volumeHandle"], name);
  // With any other policy the driver would be asked to delete it, which it cannot.
  return withValue(static_, ["spec", "persistentVolumeReclaimPolicy"], "Retain");
}

function imageOfCsi(volume: PersistentVolume, { clusterId }: Place): Image | undefined {
  const attribute = (key: string): string => textAt(volume, [...attributes, key]);
  if (clusterId !== undefined && attribute("clusterID") !== clusterId) return undefined;
  const handle = textAt(volume, [...csi, "volumeHandle"]);
  const namespace = attribute("radosNamespace");
  const pool = attribute("pool");
  if (pool === "") throw unreadable(volume, "has no spec.csi.volumeAttributes.pool");
  if (attribute("staticVolume") === "true") return { pool, namespace, name: handle };
  const name = attribute("imageName") || nameIn(handle, attribute("volumeNamePrefix"));
  return { pool, namespace, name };
}

/** The handle ends with the UUID that the driver gave the image, older ones gave no name. */
function nameIn(handle: string, prefix: string): string {
  const uuid = /-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(handle)?.[1];
  return uuid === undefined ? "" : `${prefix || "csi-vol-"}${uuid}`;
}

function imageOfInTree(volume: PersistentVolume): Image | undefined {
  if (isOfAnyDriver(volume) || valueAt(volume, inTree) === undefined) return undefined;
  const pool = textAt(volume, [...inTree, "pool"]) || "rbd";
  return { pool, namespace: "", name: textAt(volume, [...inTree, "image"]) };
}

const isOfAnyDriver = (volume: PersistentVolume): boolean =>
  Object.keys(objectAt(volume, csi)).length > 0;

/** Rook puts its operator's namespace before the driver's name. */
const isOfDriver = (volume: PersistentVolume): boolean =>
  /^(?:[^/]+\.)?rbd\.csi\.ceph\.com$/.test(textAt(volume, [...csi, "driver"]));

function unreadable(volume: PersistentVolume, what: string, advice?: string): ArkError {
  const name = textAt(volume, ["metadata", "name"]);
  const story = advice === undefined ? {} : { advice };
  const message = `PersistentVolume ${JSON.stringify(name)} ${what}`;
  return new ArkError("ARK_PROVIDER_FAILED", message, story);
}
