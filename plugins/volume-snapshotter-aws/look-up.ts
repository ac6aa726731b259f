import { createHash } from "node:crypto";
import {
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  type Snapshot,
  type Volume,
} from "@aws-sdk/client-ec2";
import { ArkError, type Clock } from "../../src/plugin-sdk/volume-snapshotter.ts";
import type { Ec2 } from "./ec2.ts";
import { keyTag } from "./tags.ts";

/** What EC2 has made may not be listed yet: it is looked up again after these pauses. */
const lookPausesMs: readonly number[] = [0, 2_000, 5_000, 10_000];

export async function describeVolume(
  ec2: Ec2,
  volumeId: string,
  signal: AbortSignal,
): Promise<Volume> {
  const command = new DescribeVolumesCommand({ VolumeIds: [volumeId] });
  const subject = `volume ${JSON.stringify(volumeId)}`;
  const attempt = { operation: "DescribeVolumes", subject };
  const { Volumes } = await ec2.call(attempt, signal, (how) => ec2.client.send(command, how));
  return onlyOne(Volumes, subject);
}

export async function describeSnapshot(
  ec2: Ec2,
  snapshotId: string,
  signal: AbortSignal,
): Promise<Snapshot> {
  const command = new DescribeSnapshotsCommand({ SnapshotIds: [snapshotId] });
  const subject = `snapshot ${JSON.stringify(snapshotId)}`;
  const attempt = { operation: "DescribeSnapshots", subject };
  const { Snapshots } = await ec2.call(attempt, signal, (how) => ec2.client.send(command, how));
  return onlyOne(Snapshots, subject);
}

/** The snapshot that was made under the key: the oldest, should there be two. */
export async function findSnapshot(
  ec2: Ec2,
  idempotencyKey: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<Snapshot | undefined> {
  const command = new DescribeSnapshotsCommand({
    OwnerIds: ["self"],
    Filters: [{ Name: `tag:${keyTag}`, Values: [digestOf(idempotencyKey)] }],
  });
  const attempt = { operation: "DescribeSnapshots", subject: "snapshots by their tag" };
  return await look(clock, signal, async () => {
    const { Snapshots = [] } = await ec2.call(attempt, signal, (how) =>
      ec2.client.send(command, how),
    );
    return Snapshots.toSorted((a, b) => timeOf(a.StartTime) - timeOf(b.StartTime));
  });
}

/** As `findSnapshot`; a volume that is being deleted is none. */
export async function findVolume(
  ec2: Ec2,
  idempotencyKey: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<Volume | undefined> {
  const command = new DescribeVolumesCommand({
    Filters: [{ Name: `tag:${keyTag}`, Values: [digestOf(idempotencyKey)] }],
  });
  const attempt = { operation: "DescribeVolumes", subject: "volumes by their tag" };
  return await look(clock, signal, async () => {
    const { Volumes = [] } = await ec2.call(attempt, signal, (how) =>
      ec2.client.send(command, how),
    );
    const alive = Volumes.filter(({ State }) => State !== "deleting" && State !== "deleted");
    return alive.toSorted((a, b) => timeOf(a.CreateTime) - timeOf(b.CreateTime));
  });
}

const timeOf = (time: Date | undefined): number => time?.getTime() ?? 0;

function onlyOne<Found>(found: readonly Found[] | undefined, subject: string): Found {
  const [only] = found ?? [];
  if (only !== undefined && found?.length === 1) return only;
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `EC2 knows ${found?.length ?? 0} of ${subject}, not one`,
  );
}

/** The first that is there, after some looks. */
async function look<Found>(
  clock: Clock,
  signal: AbortSignal,
  list: () => Promise<readonly Found[]>,
): Promise<Found | undefined> {
  for (const pauseMs of lookPausesMs) {
    if (pauseMs > 0) await clock.sleep(pauseMs, signal);
    const [found] = await list();
    if (found !== undefined) return found;
  }
  return undefined;
}

/** 64 characters, as many as a client token of EC2 may have. */
export const digestOf = (key: string): string => createHash("sha256").update(key).digest("hex");
