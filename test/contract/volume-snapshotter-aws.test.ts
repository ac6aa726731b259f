/** The built-in volume snapshotter for AWS and Velero's own plugin, both on moto. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { openVolumeSnapshotter } from "../../plugins/registry.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { openPluginVolumeSnapshotter } from "../../src/adapters/plugin-host/volume-snapshotter/open-volume-snapshotter.ts";
import { zoneOfVolume } from "../../src/domain/volumes/native/zone-of-volume.ts";
import type { PersistentVolume, VolumeSnapshotter } from "../../src/ports/volume-snapshotter.ts";
import {
  csiVolume,
  inTreeVolume,
  type MotoVolumes,
  openMotoVolumes,
  tagsOf,
} from "../support/moto-volumes.ts";
import { hostOptions } from "../support/plugin-host-options.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { type Moto, startMoto } from "../testbed/moto.ts";
import { whyNoMoto } from "../testbed/moto-programs.ts";
import { describeVolumeSnapshotter, type SnapshotterUnderTest } from "./volume-snapshotter.ts";

const skip = (await whyNoMoto()) ?? false;
const skipVelero = skip || (await whyNoTestbed());
const how = { signal: new AbortController().signal };

let started: Promise<Moto> | undefined;
const sharedMoto = (): Promise<Moto> => {
  started ??= startMoto();
  return started;
};
after(async () => (await started)?.stop());

type Env = Readonly<Record<string, string>>;

async function openOurs(env: Env = {}): Promise<VolumeSnapshotter> {
  const moto = await sharedMoto();
  // What is not there is looked for again and again, by a clock that does not wait.
  const clock = { ...createSystemClock(), sleep: async () => undefined };
  return openVolumeSnapshotter(
    { name: "disks", provider: "aws", config: { region: moto.region } },
    { env: { ...moto.env, ...env }, homeDirectory: "/nonexistent", clock, zoneOf: zoneOfVolume },
  );
}

async function openVeleros(env: Env = {}): Promise<VolumeSnapshotter> {
  const moto = await sharedMoto();
  const path = await ensureBinary("velero-plugin-for-aws");
  return openPluginVolumeSnapshotter(
    {
      command: { path, args: [] },
      plugin: "velero.io/aws",
      location: "disks",
      config: { region: moto.region },
      zoneOf: zoneOfVolume,
    },
    hostOptions({ ...moto.env, ...env }),
  );
}

async function onMoto(snapshotter: VolumeSnapshotter): Promise<SnapshotterUnderTest> {
  const volumes = openMotoVolumes(await sharedMoto());
  return {
    snapshotter,
    async makeVolume() {
      const volumeId = await volumes.make();
      return { volumeId, volume: csiVolume(volumeId, volumes.zone) };
    },
    async snapshotsOf(id) {
      const found = await volumes.snapshotsOf(id);
      return found.map((one) => ({ id: one.SnapshotId ?? "", tags: tagsOf(one) }));
    },
    volumesOf: async (id) => (await volumes.volumesOf(id)).map(({ VolumeId = "" }) => VolumeId),
    async dispose() {
      volumes.close();
      await snapshotter.close();
    },
  };
}

const ours = async () => onMoto(await openOurs());
const veleros = async () => onMoto(await openVeleros());
describeVolumeSnapshotter("the one for AWS that is built in", ours, { skip });
describeVolumeSnapshotter("Velero's own plugin for AWS", veleros, { skip: skipVelero });

describe("ark-ts and Velero's own plugin for AWS", { skip: skipVelero }, () => {
  let volumes: MotoVolumes;
  const snapshotters: VolumeSnapshotter[] = [];
  /** What each of the two answers, and what it leaves at EC2, less what has chance in it. */
  const both = async <Result>(
    act: (snapshotter: VolumeSnapshotter) => Promise<Result>,
    env: Env = {},
  ): Promise<readonly [Result, Result]> => {
    const pair = [await openOurs(env), await openVeleros(env)] as const;
    snapshotters.push(...pair);
    return [await act(pair[0]), await act(pair[1])];
  };
  const same = async <Result>(
    act: (snapshotter: VolumeSnapshotter) => Promise<Result>,
    env?: Env,
  ): Promise<Result> => {
    const [own, velero] = await both(act, env);
    assert.deepEqual(own, velero);
    return own;
  };
  const kept = ({ "ark-ts.dev/idempotency-key": _key, ...tags }: Record<string, string>) => tags;
  before(async () => {
    volumes = openMotoVolumes(await sharedMoto());
  });
  after(async () => {
    volumes?.close();
    for (const snapshotter of snapshotters) await snapshotter.close();
  });

  const tags = { "velero.io/backup": "nightly", "velero.io/pv": "pv-one", team: "new" };
  const clusterTags = { "kubernetes.io/cluster/old": "owned", KubernetesCluster: "old" };
  /** A snapshot of a new volume, and a volume of that. */
  const cycle = async (
    snapshotter: VolumeSnapshotter,
    input: Parameters<MotoVolumes["make"]>[0] = {},
  ) => {
    const volumeId = await volumes.make(input, { team: "old", name: "db", ...clusterTags });
    const { zone } = volumes;
    const described = await snapshotter.describe({ volumeId, zone }, how);
    const request = { volumeId, zone, tags, idempotencyKey: randomUUID() };
    const { snapshotId } = await snapshotter.createSnapshot(request, how);
    const [snapshot] = await volumes.snapshotsOf(volumeId);
    const next = { snapshotId, zone, ...described, idempotencyKey: randomUUID() };
    const made = await volumes.volume(await snapshotter.createVolume(next, how));
    const { VolumeType, Iops, Encrypted, AvailabilityZone, Size } = made!;
    return {
      described,
      snapshotTags: kept(tagsOf(snapshot!)),
      volumeTags: kept(tagsOf(made!)),
      made: { VolumeType, Iops, Encrypted, AvailabilityZone, Size },
    };
  };

  it("make the same snapshot and volume, with the tags of backup and volume", async () => {
    const { described, snapshotTags, volumeTags, made } = await same((one) => cycle(one));
    assert.deepEqual(described, { volumeType: "gp3" });
    assert.deepEqual(snapshotTags, { ...clusterTags, name: "db", ...tags });
    assert.deepEqual(volumeTags, snapshotTags);
    assert.equal(made.VolumeType, "gp3");
  });

  it("keep the IOPS of types that have their own, and the encryption", async () => {
    for (const VolumeType of ["io1", "io2"] as const) {
      const input = { VolumeType, Iops: 1_000, Size: 100, Encrypted: true };
      const { described, made } = await same((one) => cycle(one, input));
      assert.deepEqual(described, { volumeType: VolumeType, iops: 1_000n });
      assert.equal(made.Iops, 1_000);
      assert.equal(made.Encrypted, true);
    }
    const { described } = await same((one) => cycle(one, { VolumeType: "gp2" }));
    assert.deepEqual(described, { volumeType: "gp2" });
  });

  it("give a volume to the cluster that AWS_CLUSTER_NAME names", async () => {
    const env = { AWS_CLUSTER_NAME: "new" };
    const { volumeTags } = await same((one) => cycle(one), env);
    const owner = { "kubernetes.io/cluster/new": "owned", KubernetesCluster: "new" };
    assert.deepEqual(volumeTags, { ...owner, name: "db", ...tags });
  });

  it("read a volume's id from its object, and write it there, in the same way", async () => {
    const id = "vol-0123456789abcdef0";
    const objects: readonly PersistentVolume[] = [
      csiVolume(id, "us-east-1a"),
      inTreeVolume(id, "us-east-1a"),
      inTreeVolume(id, "us-east-1a", "us-east-1b"),
      { ...csiVolume(id, "us-east-1a"), spec: { csi: { driver: "x.io", volumeHandle: id } } },
    ];
    const sourceOf = ({ spec }: PersistentVolume): unknown => {
      const { csi, awsElasticBlockStore } = spec as Record<string, unknown>;
      return csi ?? awsElasticBlockStore;
    };
    const seen = await same(async (one) => {
      const answers: unknown[] = [];
      for (const volume of objects) {
        const claimed = await one.claim(volume, how);
        const rebound = claimed && (await one.rebind(volume, "vol-9", how));
        answers.push([claimed, rebound && sourceOf(rebound)]);
        if (claimed === undefined) await assert.rejects(one.rebind(volume, "vol-9", how));
      }
      return answers;
    });
    const csi = { driver: "ebs.csi.aws.com", fsType: "ext4", volumeHandle: "vol-9" };
    assert.deepEqual(seen, [
      [{ volumeId: id, zone: "us-east-1a" }, csi],
      [
        { volumeId: id, zone: "us-east-1a" },
        { fsType: "ext4", volumeID: "vol-9" },
      ],
      [
        { volumeId: id, zone: "us-east-1b" },
        { fsType: "ext4", volumeID: "aws://us-east-1b/vol-9" },
      ],
      [undefined, undefined],
    ]);
  });

  it("refuse what is not there, and make nothing", async () => {
    const none = { volumeId: "vol-0123456789abcdef0", zone: "us-east-1a" };
    const request = { ...none, tags, idempotencyKey: randomUUID() };
    const snapshotId = "snap-0123456789abcdef0";
    const next = {
      snapshotId,
      zone: "us-east-1a",
      volumeType: "gp3",
      idempotencyKey: randomUUID(),
    };
    await both(async (one) => {
      await assert.rejects(one.describe(none, how), { answer: /InvalidVolume\.NotFound/ });
      await assert.rejects(one.createSnapshot(request, how), {
        code: /^ARK_(PROVIDER|PLUGIN)_FAILED$/,
      });
      await assert.rejects(one.createVolume(next, how), { code: /^ARK_(PROVIDER|PLUGIN)_FAILED$/ });
      assert.deepEqual(await volumes.volumesOf(snapshotId), []);
    });
  });
});
