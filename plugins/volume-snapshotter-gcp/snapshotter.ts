import {
  ArkError,
  type SnapshotRequest,
  type SnapshotStatus,
  type VolumeRequest,
  type VolumeSnapshot,
  type VolumeSnapshotter,
  type VolumeSnapshotterContext,
} from "../../src/plugin-sdk/volume-snapshotter.ts";
import { type Compute, connectCompute } from "./compute.ts";
import { judge } from "./errors.ts";
import { diskPath, findDisk, getDisk, getSnapshot, ifThere, look } from "./look-up.ts";
import { type Making, makeOnce, settle } from "./make-once.ts";
import { diskNameOf, pathOf, snapshotNameOf } from "./names.ts";
import type { GcpDiskOptions } from "./options.ts";
import { type Place, placeOf, typeIn } from "./place.ts";
import { removeSnapshot } from "./remove-snapshot.ts";
import { type Disk, type Snapshot, snapshotQuota } from "./resources.ts";
import { descriptionOf } from "./tags.ts";
import { diskOf, withDisk } from "./volume-object.ts";

/** No request is made. Errors: ARK_CONFIG_INVALID. */
export async function openGcpSnapshotter(
  options: GcpDiskOptions,
  context: VolumeSnapshotterContext,
): Promise<VolumeSnapshotter> {
  const display = `velero.io/gcp in location ${JSON.stringify(options.location)}`;
  const compute = await connectCompute(options, display, context);
  /** Where disks were asked for, by their names. */
  const places = new Map<string, Place>();
  return {
    capabilities: { find: true, status: true, concurrentCalls: 4 },
    display,
    async claim(volume, { signal }) {
      signal.throwIfAborted();
      const disk = diskOf(volume);
      if (disk === undefined) return undefined;
      await assertProject(disk.project, disk.name, compute, signal);
      return { volumeId: disk.name, zone: disk.zone ?? context.zoneOf(volume) };
    },
    async describe({ volumeId, zone }, { signal }) {
      const place = placeOf(zone, `disk ${JSON.stringify(volumeId)}`);
      return { volumeType: (await getDisk(compute, place, volumeId, signal)).type };
    },
    async createSnapshot(request, { signal }) {
      return await createSnapshot(request, options, compute, context, signal);
    },
    async snapshotStatus(snapshotId, { signal }) {
      const found = await ifThere(getSnapshot(compute, snapshotId, signal));
      return found?.status === "DELETING" ? undefined : found && statusOf(found);
    },
    async createVolume(request, { signal }) {
      const name = diskNameOf(request.idempotencyKey);
      const place = placeOf(request.zone, `the volume of snapshot ${request.snapshotId}`);
      places.set(name, place);
      return await createDisk(request, name, place, compute, context, signal);
    },
    async rebind(volume, volumeId, { signal }) {
      signal.throwIfAborted();
      return withDisk(volume, volumeId, await compute.volumeProject(signal));
    },
    deleteSnapshot: (snapshotId, { signal }) =>
      removeSnapshot(snapshotId, compute, context, signal),
    async findSnapshot(idempotencyKey, { signal }) {
      const name = snapshotNameOf(idempotencyKey);
      const found = await look(context, signal, () => ifThere(getSnapshot(compute, name, signal)));
      if (found === undefined) return undefined;
      const making = await cutOf(name, `disk ${found.sourceDisk}`, compute, signal);
      const made = await settle(making, undefined, compute, context, signal);
      if (!isDead(made)) return snapshotOf(made);
      await removeSnapshot(name, compute, context, signal);
      return undefined;
    },
    async findVolume(idempotencyKey, { signal }) {
      const name = diskNameOf(idempotencyKey);
      const place = places.get(name);
      const ask = () =>
        place === undefined
          ? findDisk(compute, name, signal)
          : ifThere(getDisk(compute, place, name, signal));
      const found = await look(context, signal, ask).catch((thrown: unknown) => {
        if (!judge(thrown).isDenied) throw thrown;
        // Nothing is lost: asking for it again under its name makes no second one.
        const message = "disks cannot be looked up by name: compute.disks.list is missing";
        context.log?.write("info", message, { disk: name });
        return undefined;
      });
      return found === undefined || isDead(found) ? undefined : found.name;
    },
    close: () => compute.close(),
  };
}

const isDead = ({ status }: Disk | Snapshot): boolean =>
  status === "FAILED" || status === "DELETING";

async function assertProject(
  project: string | undefined,
  name: string,
  { volumeProject, display }: Compute,
  signal: AbortSignal,
): Promise<void> {
  if (project === undefined) return;
  const own = await volumeProject(signal);
  if (project === own) return;
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `disk ${JSON.stringify(name)} is of project ${JSON.stringify(project)}, and ${display} of ${JSON.stringify(own)}`,
    { advice: `give the location the config key volumeProject=${project}` },
  );
}

async function createSnapshot(
  { volumeId, zone, tags, idempotencyKey }: SnapshotRequest,
  { snapshotLocation, snapshotType }: GcpDiskOptions,
  compute: Compute,
  context: VolumeSnapshotterContext,
  signal: AbortSignal,
): Promise<VolumeSnapshot> {
  const subject = `disk ${JSON.stringify(volumeId)}`;
  const place = placeOf(zone, subject);
  const disk = await getDisk(compute, place, volumeId, signal);
  await assertQuota(subject, compute, context, signal);
  const { description, leftOut } = descriptionOf(tags, disk.description);
  if (leftOut.length > 0) {
    const message = "tags are left out: the description of a snapshot has no room for them";
    context.log?.write("warn", message, { of: subject, keys: leftOut });
  }
  const project = await compute.snapshotProject(signal);
  const name = snapshotNameOf(idempotencyKey);
  const making: Making<Snapshot> = {
    ...(await cutOf(name, subject, compute, signal)),
    path: `projects/${pathOf(project)}/global/snapshots`,
    body: {
      name,
      description,
      sourceDisk: diskPath(await compute.volumeProject(signal), place, volumeId),
      snapshotType,
      ...(snapshotLocation === undefined ? {} : { storageLocations: [snapshotLocation] }),
    },
    labels: disk.labels,
    clear: (how) => removeSnapshot(name, compute, context, how),
  };
  const made = await makeOnce(making, compute, context, signal);
  if (!isDead(made)) return snapshotOf(made);
  await removeSnapshot(name, compute, context, signal);
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `${compute.display} cannot make a snapshot of ${subject}: Google says that it is ${made.status}`,
    { advice: "look at the project's operations at Google for the reason" },
  );
}

/** A snapshot that is waited for until it is cut: pods may write again then. */
async function cutOf(
  name: string,
  subject: string,
  compute: Compute,
  signal: AbortSignal,
): Promise<Omit<Making<Snapshot>, "path" | "body" | "labels">> {
  const project = await compute.snapshotProject(signal);
  return {
    attempt: { operation: "snapshots.insert", subject, makes: `a snapshot of ${subject} was made` },
    named: `snapshot ${JSON.stringify(name)}`,
    home: `projects/${pathOf(project)}/global`,
    get: (how) => ifThere(getSnapshot(compute, name, how)),
    isSettled: ({ status }) => status !== "CREATING",
    isDead,
  };
}

/** Velero's check: Google itself says it only when the work has begun. */
async function assertQuota(
  subject: string,
  compute: Compute,
  { log }: VolumeSnapshotterContext,
  signal: AbortSignal,
): Promise<void> {
  const project = await compute.snapshotProject(signal);
  const attempt = { operation: "projects.get", subject: `project ${JSON.stringify(project)}` };
  const request = { method: "GET", path: `projects/${pathOf(project)}` } as const;
  const answer = await compute.call(attempt, request, signal).catch((thrown: unknown) => {
    if (!judge(thrown).isDenied) throw thrown;
    const message = "the quota of snapshots cannot be asked for: compute.projects.get is missing";
    log?.write("debug", message, { project });
    return {};
  });
  const quota = snapshotQuota(answer);
  if (quota === undefined || quota.limit < 0 || quota.usage < quota.limit) return;
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `${compute.display} cannot make a snapshot of ${subject}: project ${JSON.stringify(project)} has ${quota.usage} of ${quota.limit} snapshots`,
    { advice: "delete snapshots that are not needed, or ask Google for a higher quota SNAPSHOTS" },
  );
}

async function createDisk(
  { snapshotId, volumeType }: VolumeRequest,
  name: string,
  place: Place,
  compute: Compute,
  context: VolumeSnapshotterContext,
  signal: AbortSignal,
): Promise<string> {
  const snapshot = await getSnapshot(compute, snapshotId, signal);
  assertUsable(snapshot, snapshotId, compute.display);
  const project = await compute.volumeProject(signal);
  const home = `projects/${pathOf(project)}/${place.scope}/${pathOf(place.name)}`;
  const source = `projects/${await compute.snapshotProject(signal)}/global/snapshots/${snapshotId}`;
  const type = typeIn(volumeType, project, place);
  const kmsKeyName = snapshot.kmsKeyName.replace(/\/cryptoKeyVersions\/[^/]+$/, "");
  const subject = `snapshot ${JSON.stringify(snapshotId)}`;
  const making: Making<Disk> = {
    attempt: { operation: "disks.insert", subject, makes: `a disk of ${subject} was made` },
    named: `disk ${JSON.stringify(name)}`,
    home,
    path: `${home}/disks`,
    body: {
      name,
      description: snapshot.description,
      sourceSnapshot: source,
      ...(type === undefined ? {} : { type }),
      ...(place.scope === "zones"
        ? {}
        : { replicaZones: place.zones.map((zone) => `projects/${project}/zones/${zone}`) }),
      ...(kmsKeyName === "" ? {} : { diskEncryptionKey: { kmsKeyName } }),
    },
    labels: snapshot.labels,
    get: (how) => ifThere(getDisk(compute, place, name, how)),
    isSettled: ({ status }) => status !== "CREATING",
    isDead,
  };
  const made = await makeOnce(making, compute, context, signal);
  if (!isDead(made)) return made.name;
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `${compute.display} cannot make a disk of ${subject}: Google says that disk ${JSON.stringify(name)} is ${made.status}`,
    { advice: "remove that disk at Google, and restore again under another name" },
  );
}

function assertUsable({ status }: Snapshot, snapshotId: string, display: string): void {
  if (status === "READY") return;
  const isComing = status === "CREATING" || status === "UPLOADING";
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `${display} cannot make a disk of snapshot ${JSON.stringify(snapshotId)}: ${isComing ? `Google is still making it (${status})` : `Google says that it is ${status}`}`,
    { advice: isComing ? "restore again when it is READY" : "restore from another backup" },
  );
}

/** Google tells no share of what is uploaded. */
function statusOf({ status }: Snapshot): SnapshotStatus {
  const failed = { error: "Google says that making it has FAILED" };
  return { ready: status === "READY", ...(status === "FAILED" ? failed : {}) };
}

const snapshotOf = ({ name, status }: Snapshot): VolumeSnapshot => ({
  snapshotId: name,
  ready: status === "READY",
});
