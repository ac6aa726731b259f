import { parseQuantity } from "../../api/quantity.ts";
import { policyVolumeTypes, type VolumeTraits } from "../policies/volume-traits.ts";
import { claimGroupClassKey } from "./csi/group-class.ts";
import { snapshotClassKey } from "./csi/snapshot-class.ts";

/** What a volume's source says of itself, in a pod or a persistent volume. */
export type VolumeSource = Pick<VolumeTraits, "type" | "nfs" | "csi">;

/** What is common to the objects that decide about volumes. */
interface ObjectFacts {
  /** Empty for a persistent volume. */
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A volume of a pod's specification. */
export interface PodVolumeFacts {
  readonly name: string;
  /** The claim it names; absent for a volume of the pod's own. */
  readonly claim?: string;
  readonly source: VolumeSource;
}

export interface PodFacts extends ObjectFacts {
  readonly annotations: Readonly<Record<string, string>>;
  readonly phase: string;
  readonly scheduled: boolean;
  readonly volumes: readonly PodVolumeFacts[];
  /** Volumes that a container (not an init container) mounts as a directory. */
  readonly mounted: ReadonlySet<string>;
  /** Volumes that a container has as a block device. */
  readonly devices: ReadonlySet<string>;
}

export interface ClaimFacts extends ObjectFacts {
  readonly uid: string;
  /** The class for its snapshots by its annotation; absent: it names none. */
  readonly snapshotClass?: string;
  /** The class for its group by its annotation; absent: it names none. */
  readonly groupClass?: string;
  readonly phase: string;
  /** Name of its persistent volume; empty while it has none. */
  readonly volumeName: string;
  readonly volumeMode?: string;
  readonly accessModes: readonly string[];
}

export interface PersistentVolumeFacts extends ObjectFacts {
  readonly capacity: bigint;
  readonly storageClass: string;
  readonly reclaimPolicy: string;
  readonly source: VolumeSource;
  readonly claim?: { readonly namespace: string; readonly name: string };
}

type Json = Readonly<Record<string, unknown>>;

/** Reads what decides about its volumes from a decoded Pod; what is missing is empty. */
export function podFacts(pod: unknown): PodFacts {
  const { metadata, spec, status } = partsOf(pod);
  const containers = list(spec["containers"]).map(record);
  const named = (key: string, field: string): ReadonlySet<string> =>
    new Set(
      containers.flatMap((container) =>
        list(container[key]).map((one) => text(record(one)[field])),
      ),
    );
  return {
    ...objectFacts(metadata),
    annotations: texts(metadata["annotations"]),
    phase: text(status["phase"]),
    scheduled: text(spec["nodeName"]) !== "",
    volumes: list(spec["volumes"]).map((one) => podVolumeFacts(record(one))),
    mounted: named("volumeMounts", "name"),
    devices: named("volumeDevices", "name"),
  };
}

function podVolumeFacts(volume: Json): PodVolumeFacts {
  const claim = text(record(volume["persistentVolumeClaim"])["claimName"]);
  return {
    name: text(volume["name"]),
    ...(claim === "" ? {} : { claim }),
    source: sourceOf(volume),
  };
}

/** Reads a decoded PersistentVolumeClaim; what is missing is empty. */
export function claimFacts(claim: unknown): ClaimFacts {
  const { metadata, spec, status } = partsOf(claim);
  const volumeMode = text(spec["volumeMode"]);
  const snapshotClass = text(record(metadata["annotations"])[snapshotClassKey]);
  const groupClass = text(record(metadata["annotations"])[claimGroupClassKey]);
  return {
    ...objectFacts(metadata),
    uid: text(metadata["uid"]),
    ...(snapshotClass === "" ? {} : { snapshotClass }),
    ...(groupClass === "" ? {} : { groupClass }),
    phase: text(status["phase"]),
    volumeName: text(spec["volumeName"]),
    ...(volumeMode === "" ? {} : { volumeMode }),
    accessModes: list(spec["accessModes"]).map(text),
  };
}

/** Reads a decoded PersistentVolume; what is missing is empty. */
export function persistentVolumeFacts(volume: unknown): PersistentVolumeFacts {
  const { metadata, spec } = partsOf(volume);
  const claimRef = record(spec["claimRef"]);
  const claim = { namespace: text(claimRef["namespace"]), name: text(claimRef["name"]) };
  return {
    ...objectFacts(metadata),
    capacity: parseQuantity(text(record(spec["capacity"])["storage"])) ?? 0n,
    storageClass: text(spec["storageClassName"]),
    reclaimPolicy: text(spec["persistentVolumeReclaimPolicy"]),
    source: sourceOf(spec),
    ...(claim.name === "" ? {} : { claim }),
  };
}

/** The API's key where a policy spells it otherwise. */
const apiKeys: Readonly<Record<string, string>> = { storageOS: "storageos" };

function sourceOf(holder: Json): VolumeSource {
  const type =
    policyVolumeTypes.find((one) => isRecord(holder[apiKeys[one] ?? one])) ??
    (isRecord(holder["image"]) ? "image" : "");
  const nfs = holder["nfs"];
  const csi = holder["csi"];
  return {
    type,
    ...(isRecord(nfs) ? { nfs: { server: text(nfs["server"]), path: text(nfs["path"]) } } : {}),
    ...(isRecord(csi)
      ? { csi: { driver: text(csi["driver"]), volumeAttributes: texts(csi["volumeAttributes"]) } }
      : {}),
  };
}

function partsOf(object: unknown): {
  readonly metadata: Json;
  readonly spec: Json;
  readonly status: Json;
} {
  const { metadata, spec, status } = record(object);
  return { metadata: record(metadata), spec: record(spec), status: record(status) };
}

function objectFacts(metadata: Json): ObjectFacts {
  const { namespace, name, labels } = metadata;
  return { namespace: text(namespace), name: text(name), labels: texts(labels) };
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const record = (value: unknown): Json => (isRecord(value) ? value : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

function texts(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record(value)).map(([key, one]) => [key, text(one)]));
}
