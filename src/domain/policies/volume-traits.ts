/** What volume policies look at: a persistent volume with its claim, a claim alone, or a pod's own volume. */
export interface VolumeTraits {
  /** Of the persistent volume, in units of `parseQuantity`; 0 for what has none. */
  readonly capacity: bigint;
  /** Of the persistent volume; empty for what has none. */
  readonly storageClass: string;
  readonly nfs?: { readonly server: string; readonly path: string };
  readonly csi?: {
    readonly driver: string;
    readonly volumeAttributes: Readonly<Record<string, string>>;
  };
  /** A key of the volume's source such as `emptyDir`; empty for an unknown one. */
  readonly type: string;
  readonly claim?: ClaimTraits;
}

export interface ClaimTraits {
  readonly labels: Readonly<Record<string, string>>;
  /** `Pending`, `Bound`, `Lost`, or empty. */
  readonly phase: string;
  readonly volumeMode?: string;
  readonly accessModes: readonly string[];
}

/** The keys of a volume's source that a policy can name in `volumeTypes`, as Velero spells them. */
export const policyVolumeTypes = [
  "awsElasticBlockStore",
  "azureDisk",
  "azureFile",
  "cephfs",
  "cinder",
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "fc",
  "flexVolume",
  "flocker",
  "gcePersistentDisk",
  "gitRepo",
  "glusterfs",
  "hostPath",
  "iscsi",
  "local",
  "nfs",
  "photonPersistentDisk",
  "portworxVolume",
  "projected",
  "quobyte",
  "rbd",
  "scaleIO",
  "secret",
  "storageOS",
  "vsphereVolume",
] as const;
