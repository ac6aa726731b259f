/** Volumes and snapshots in a moto, and the PersistentVolumes that stand for them. */
import {
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  EC2Client,
  type Snapshot,
  type Tag,
  type Volume,
} from "@aws-sdk/client-ec2";
import type { PersistentVolume } from "../../src/ports/volume-snapshotter.ts";
import type { Moto } from "../testbed/moto.ts";

export interface MotoVolumes {
  readonly zone: string;
  /** Its id. Default: gp3, 1 GiB, no tags. */
  make(
    input?: Partial<CreateVolumeCommandInput>,
    tags?: Readonly<Record<string, string>>,
  ): Promise<string>;
  volume(id: string): Promise<Volume | undefined>;
  volumesOf(snapshotId: string): Promise<readonly Volume[]>;
  snapshotsOf(volumeId: string): Promise<readonly Snapshot[]>;
  close(): void;
}

export function openMotoVolumes({ endpoint, region }: Moto): MotoVolumes {
  const credentials = { accessKeyId: "AKIAMOTO", secretAccessKey: "moto" };
  const client = new EC2Client({ endpoint, region, credentials });
  const zone = `${region}a`;
  const list = async (): Promise<readonly Volume[]> =>
    (await client.send(new DescribeVolumesCommand())).Volumes ?? [];
  return {
    zone,
    async make(input = {}, tags = {}) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      const given = Tags.length === 0 ? {} : { TagSpecifications: [volumeTags(Tags)] };
      const all = {
        AvailabilityZone: zone,
        Size: 1,
        VolumeType: "gp3",
        ...given,
        ...input,
      } as const;
      const { VolumeId = "" } = await client.send(new CreateVolumeCommand(all));
      return VolumeId;
    },
    volume: async (id) => (await list()).find(({ VolumeId }) => VolumeId === id),
    volumesOf: async (id) => (await list()).filter(({ SnapshotId }) => SnapshotId === id),
    async snapshotsOf(id) {
      const { Snapshots = [] } = await client.send(
        new DescribeSnapshotsCommand({ OwnerIds: ["self"] }),
      );
      return Snapshots.filter(({ VolumeId }) => VolumeId === id);
    },
    close: () => client.destroy(),
  };
}

const volumeTags = (Tags: Tag[]) => ({ ResourceType: "volume" as const, Tags });

/** Tags as one object, in their keys' order. */
export function tagsOf({ Tags = [] }: Volume | Snapshot): Record<string, string> {
  const pairs = Tags.map(({ Key = "", Value = "" }) => [Key, Value] as const);
  return Object.fromEntries(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const zoned = (zone: string) => ({ "topology.kubernetes.io/zone": zone });

/** As the CSI driver of EBS makes one. */
export function csiVolume(id: string, zone: string): PersistentVolume {
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `pv-${id}`, labels: zoned(zone) },
    spec: {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "1Gi" },
      csi: { driver: "ebs.csi.aws.com", fsType: "ext4", volumeHandle: id },
      storageClassName: "ebs",
    },
  };
}

/** As Kubernetes itself made them; `label`: the former one of the zone. */
export function inTreeVolume(id: string, zone: string, label?: string): PersistentVolume {
  const { spec: _spec, ...volume } = csiVolume(id, zone);
  const labels =
    label === undefined ? zoned(zone) : { "failure-domain.beta.kubernetes.io/zone": label };
  return {
    ...volume,
    metadata: { name: `pv-${id}`, labels },
    spec: {
      accessModes: ["ReadWriteOnce"],
      awsElasticBlockStore: { fsType: "ext4", volumeID: `aws://${zone}/${id}` },
      capacity: { storage: "1Gi" },
      storageClassName: "ebs",
    },
  };
}
