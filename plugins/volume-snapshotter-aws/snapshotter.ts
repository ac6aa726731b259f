import {
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  type Tag as Ec2Tag,
  type Snapshot,
  type Volume,
  type VolumeType,
} from "@aws-sdk/client-ec2";
import {
  ArkError,
  type SnapshotStatus,
  type VolumeDescription,
  type VolumeRequest,
  type VolumeSnapshot,
  type VolumeSnapshotter,
  type VolumeSnapshotterContext,
} from "../../src/plugin-sdk/volume-snapshotter.ts";
import { connectEc2, isGoneSnapshot } from "./ec2.ts";
import { describeSnapshot, describeVolume, digestOf, findSnapshot, findVolume } from "./look-up.ts";
import type { EbsOptions } from "./options.ts";
import { type ChosenTags, type Tag, tagsOfSnapshot, tagsOfVolume } from "./tags.ts";
import { volumeIdOf, withVolumeId } from "./volume-object.ts";

const iopsTypes: readonly string[] = ["io1", "io2"];
/** Every gp3 volume has these. */
const baseIops = 3_000;

/** No request is made. Errors: ARK_CONFIG_INVALID. */
export async function openEbsSnapshotter(
  options: EbsOptions,
  context: VolumeSnapshotterContext,
): Promise<VolumeSnapshotter> {
  const display = `velero.io/aws in location ${JSON.stringify(options.location)}`;
  const ec2 = await connectEc2(options, display, context);
  const tagged = (what: string, { tags, leftOut }: ChosenTags): Ec2Tag[] => {
    if (leftOut.length > 0) {
      const message = "tags are left out: EC2 takes 50, with keys of 128 characters, values of 256";
      context.log?.write("warn", message, { of: what, keys: leftOut });
    }
    return tags.map(({ key, value }) => ({ Key: key, Value: value }));
  };
  return {
    capabilities: { find: true, status: true, concurrentCalls: 4 },
    display,
    async claim(volume, { signal }) {
      signal.throwIfAborted();
      const volumeId = volumeIdOf(volume);
      return volumeId === undefined ? undefined : { volumeId, zone: context.zoneOf(volume) };
    },
    async describe({ volumeId }, { signal }) {
      return descriptionOf(await describeVolume(ec2, volumeId, signal));
    },
    async createSnapshot({ volumeId, tags, idempotencyKey }, { signal }) {
      const volume = await describeVolume(ec2, volumeId, signal);
      const all = tagsOfSnapshot(tags, plainTags(volume.Tags), digestOf(idempotencyKey));
      const subject = `volume ${JSON.stringify(volumeId)}`;
      const command = new CreateSnapshotCommand({
        VolumeId: volumeId,
        TagSpecifications: [
          { ResourceType: "snapshot", Tags: tagged(`snapshot of ${subject}`, all) },
        ],
      });
      const attempt = { operation: "CreateSnapshot", subject };
      const made = await ec2.call(
        { ...attempt, makes: `a snapshot of ${subject} was made` },
        signal,
        (how) => ec2.client.send(command, how),
      );
      return snapshotOf(made, display);
    },
    async snapshotStatus(snapshotId, { signal }) {
      const found = await describeSnapshot(ec2, snapshotId, signal).catch((thrown: unknown) => {
        if (isGoneSnapshot(thrown)) return undefined;
        throw thrown;
      });
      return found && statusOf(found);
    },
    async createVolume(request, { signal }) {
      const snapshot = await describeSnapshot(ec2, request.snapshotId, signal);
      assertUsable(snapshot, request, display);
      const key = digestOf(request.idempotencyKey);
      const tags = tagsOfVolume(plainTags(snapshot.Tags), context.env["AWS_CLUSTER_NAME"], key);
      const subject = `snapshot ${JSON.stringify(request.snapshotId)}`;
      const command = new CreateVolumeCommand({
        SnapshotId: request.snapshotId,
        AvailabilityZone: request.zone,
        ClientToken: key,
        Encrypted: options.kmsKeyId !== undefined || snapshot.Encrypted === true,
        ...(options.kmsKeyId === undefined ? {} : { KmsKeyId: options.kmsKeyId }),
        ...(request.volumeType === "" ? {} : { VolumeType: request.volumeType as VolumeType }),
        ...iopsOf(request),
        TagSpecifications: [{ ResourceType: "volume", Tags: tagged(`volume of ${subject}`, tags) }],
      });
      const attempt = { operation: "CreateVolume", subject };
      const { VolumeId } = await ec2.call(
        { ...attempt, makes: `a volume of ${subject} was made` },
        signal,
        (how) => ec2.client.send(command, how),
      );
      return VolumeId ?? withoutId(display);
    },
    async rebind(volume, volumeId, { signal }) {
      signal.throwIfAborted();
      return withVolumeId(volume, volumeId);
    },
    async deleteSnapshot(snapshotId, { signal }) {
      const command = new DeleteSnapshotCommand({ SnapshotId: snapshotId });
      const subject = `snapshot ${JSON.stringify(snapshotId)}`;
      try {
        await ec2.call({ operation: "DeleteSnapshot", subject }, signal, (how) =>
          ec2.client.send(command, how),
        );
      } catch (thrown) {
        if (!isGoneSnapshot(thrown)) throw thrown;
      }
    },
    async findSnapshot(idempotencyKey, { signal }) {
      const found = await findSnapshot(ec2, idempotencyKey, context.clock, signal);
      return found && snapshotOf(found, display);
    },
    async findVolume(idempotencyKey, { signal }) {
      const found = await findVolume(ec2, idempotencyKey, context.clock, signal);
      return found && (found.VolumeId ?? withoutId(display));
    },
    async close() {
      ec2.client.destroy();
    },
  };
}

function descriptionOf({ VolumeType: type = "standard", Iops }: Volume): VolumeDescription {
  const isOwn = iopsTypes.includes(type) || (type === "gp3" && (Iops ?? 0) > baseIops);
  return { volumeType: type, ...(isOwn && Iops !== undefined ? { iops: BigInt(Iops) } : {}) };
}

/** EC2 refuses them for types that have none of their own. */
function iopsOf({ volumeType, iops }: VolumeRequest): { readonly Iops?: number } {
  const isOwn = iopsTypes.includes(volumeType) || volumeType === "gp3";
  return isOwn && iops !== undefined ? { Iops: Number(iops) } : {};
}

function assertUsable(
  { State, Progress }: Snapshot,
  { snapshotId, zone }: VolumeRequest,
  display: string,
): void {
  if (zone === "") {
    throw new ArkError(
      "ARK_PROVIDER_FAILED",
      `${display} cannot make a volume of snapshot ${JSON.stringify(snapshotId)}: no zone is known for it`,
      {
        advice:
          "the volume had no zone by label or node affinity when it was backed up; make a volume of the snapshot at AWS, and a PersistentVolume for it",
      },
    );
  }
  if (State !== "pending") return;
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `${display} cannot make a volume of snapshot ${JSON.stringify(snapshotId)}: EC2 is still making it (${Progress || "0%"})`,
    { advice: "restore again when it is finished" },
  );
}

function statusOf({ State, Progress, StateMessage }: Snapshot): SnapshotStatus {
  const percent = /^(\d{1,3})%$/.exec(Progress ?? "")?.[1];
  return {
    ready: State === "completed",
    ...(percent === undefined ? {} : { progress: Number(percent) / 100 }),
    ...(State === "error" ? { error: StateMessage || "EC2 says no more than: error" } : {}),
  };
}

function snapshotOf({ SnapshotId, State }: Snapshot, display: string): VolumeSnapshot {
  return { snapshotId: SnapshotId ?? withoutId(display), ready: State === "completed" };
}

function withoutId(display: string): never {
  throw new ArkError("ARK_VOLUME_OUTCOME_UNKNOWN", `${display} answered without an id`, {
    advice: "look at the provider for what was made",
  });
}

const plainTags = (tags: readonly Ec2Tag[] = []): readonly Tag[] =>
  tags.flatMap(({ Key, Value = "" }) => (Key === undefined ? [] : [{ key: Key, value: Value }]));
