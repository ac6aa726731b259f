import {
  ArkError,
  type SnapshotRequest,
  type SnapshotStatus,
  type VolumeRequest,
  type VolumeSnapshot,
  type VolumeSnapshotter,
  type VolumeSnapshotterContext,
} from "../../src/plugin-sdk/volume-snapshotter.ts";
import { type AzureDisks, connectDisks } from "./disks.ts";
import { type Attempt, notFound } from "./errors.ts";
import { digestOf, findMade, makeOnce, nameOf, remove } from "./make-once.ts";
import type { AzureDiskOptions } from "./options.ts";
import { failureOfResource, isReady, type Resource } from "./resource.ts";
import { formatResourceId, isDiskName, parseResourceId, type ResourceId } from "./resource-id.ts";
import { type ChosenTags, type Tags, tagsOfDisk, tagsOfSnapshot } from "./tags.ts";
import { volumeIdOf, withVolumeId } from "./volume-object.ts";
import { zoneNumberOf } from "./zone.ts";

/** Their speed is set apart from their size, and of their snapshots Azure takes incremental only. */
const tunedTypes: readonly string[] = ["PremiumV2_LRS", "UltraSSD_LRS"];

/** No request is made. Errors: ARK_CONFIG_INVALID. */
export async function openAzureDiskSnapshotter(
  options: AzureDiskOptions,
  context: VolumeSnapshotterContext,
): Promise<VolumeSnapshotter> {
  const display = `velero.io/azure in location ${JSON.stringify(options.location)}`;
  const azure = connectDisks(options, display, context);
  const disks = attemptsOn("disk", display);
  const snapshots = attemptsOn("snapshot", display);
  const findDisk = async (volumeId: string, signal: AbortSignal) => {
    const id = await diskIdOf(azure, volumeId);
    const found = await azure.find(id, disks.look(volumeId), signal);
    return { id, disk: found ?? notFound(disks.look(volumeId)) };
  };
  const findSnapshot = (snapshotId: string, signal: AbortSignal) =>
    azure.find(snapshotIdOf(snapshotId, display), snapshots.look(snapshotId), signal);
  return {
    capabilities: { find: true, status: true, concurrentCalls: 4 },
    display,
    async claim(volume, { signal }) {
      signal.throwIfAborted();
      const volumeId = volumeIdOf(volume);
      return volumeId === undefined ? undefined : { volumeId, zone: context.zoneOf(volume) };
    },
    async describe({ volumeId }, { signal }) {
      signal.throwIfAborted();
      const { sku, iops } = (await findDisk(volumeId, signal)).disk;
      const isTuned = tunedTypes.includes(sku) && iops !== undefined;
      return { volumeType: sku, ...(isTuned ? { iops: BigInt(iops) } : {}) };
    },
    async createSnapshot(request, { signal }) {
      signal.throwIfAborted();
      const { id, disk } = await findDisk(request.volumeId, signal);
      return await makeSnapshot(azure, options, { request, diskId: id, disk }, signal);
    },
    async snapshotStatus(snapshotId, { signal }) {
      signal.throwIfAborted();
      const found = await findSnapshot(snapshotId, signal);
      return found && statusOf(found);
    },
    async createVolume(request, { signal }) {
      signal.throwIfAborted();
      const found = await findSnapshot(request.snapshotId, signal);
      const snapshot = found ?? notFound(snapshots.look(request.snapshotId));
      return await makeDisk(azure, request, snapshot, signal);
    },
    async rebind(volume, volumeId, { signal }) {
      signal.throwIfAborted();
      return withVolumeId(volume, formatResourceId(await diskIdOf(azure, volumeId)));
    },
    async deleteSnapshot(snapshotId, { signal }) {
      signal.throwIfAborted();
      await remove(azure, snapshotIdOf(snapshotId, display), snapshots.remove(snapshotId), signal);
    },
    async findSnapshot(idempotencyKey, { signal }) {
      signal.throwIfAborted();
      const key = digestOf(idempotencyKey);
      const id = await snapshotIdOfKey(azure, key);
      const attempt = snapshots.look(formatResourceId(id));
      const found = await findMade(azure, { id, key, attempt }, signal);
      return found && snapshotOf(id, found);
    },
    async findVolume(idempotencyKey, { signal }) {
      signal.throwIfAborted();
      const key = digestOf(idempotencyKey);
      const id = await diskIdOfKey(azure, key);
      const attempt = disks.look(formatResourceId(id));
      return (await findMade(azure, { id, key, attempt }, signal)) && formatResourceId(id);
    },
    async close() {
      azure.close();
    },
  };
}

interface SnapshotSource {
  readonly request: SnapshotRequest;
  readonly diskId: ResourceId;
  readonly disk: Resource;
}

async function makeSnapshot(
  azure: AzureDisks,
  options: AzureDiskOptions,
  { request, diskId, disk }: SnapshotSource,
  signal: AbortSignal,
): Promise<VolumeSnapshot> {
  const key = digestOf(request.idempotencyKey);
  const sources = { location: options.tags, backup: request.tags, disk: disk.tags };
  const sourceId = formatResourceId(diskId);
  const attempt = attemptsOn("disk", azure.display).copy(request.volumeId, "snapshot");
  const body = {
    location: disk.location,
    tags: told(azure, attempt, tagsOfSnapshot(sources, key)),
    properties: {
      creationData: { createOption: "Copy", sourceResourceId: sourceId },
      ...incrementalOf(options, disk),
    },
  };
  const id = await snapshotIdOfKey(azure, key);
  return snapshotOf(id, await makeOnce(azure, { id, key, sourceId, body, attempt }, signal));
}

async function makeDisk(
  azure: AzureDisks,
  request: VolumeRequest,
  snapshot: Resource,
  signal: AbortSignal,
): Promise<string> {
  const { display } = azure;
  const { snapshotId, volumeType: sku } = request;
  assertUsable(snapshot, snapshotId, display);
  const { location } = snapshot;
  const zone = zoneNumberOf({ snapshotId, sku, zone: request.zone, region: location, display });
  const key = digestOf(request.idempotencyKey);
  const sourceId = formatResourceId(snapshotIdOf(snapshotId, display));
  const attempt = attemptsOn("snapshot", display).copy(snapshotId, "disk");
  const body = {
    location,
    tags: told(azure, attempt, tagsOfDisk(snapshot.tags, key)),
    ...(sku === "" ? {} : { sku: { name: sku } }),
    ...(zone === undefined ? {} : { zones: [zone] }),
    properties: {
      creationData: { createOption: "Copy", sourceResourceId: sourceId },
      ...speedOf(request),
    },
  };
  const id = await diskIdOfKey(azure, key);
  await makeOnce(azure, { id, key, sourceId, body, attempt }, signal);
  return formatResourceId(id);
}

/** What may be tried on one of them, in the words of its errors. */
function attemptsOn(kind: "disk" | "snapshot", display: string) {
  const subjectOf = (id: string) => `${kind} ${JSON.stringify(id)}`;
  const plain = (right: string, verb: string, id: string): Attempt => ({
    ...{ right: `Microsoft.Compute/${kind}s/${right}`, subject: subjectOf(id), display },
    doing: `${verb} ${subjectOf(id)}`,
  });
  return {
    look: (id: string) => plain("read", "ask about", id),
    remove: (id: string) => plain("delete", "delete", id),
    copy: (id: string, made: "disk" | "snapshot"): Attempt => ({
      ...{ right: `Microsoft.Compute/${made}s/write`, subject: subjectOf(id), display },
      doing: `make a ${made} of ${subjectOf(id)}`,
      makes: `a ${made} of ${subjectOf(id)} was made`,
    }),
  };
}

const snapshotIdOfKey = async (azure: AzureDisks, key: string): Promise<ResourceId> => ({
  ...(await azure.snapshotPlace()),
  kind: "snapshots",
  name: nameOf("backup", key),
});

const diskIdOfKey = async (azure: AzureDisks, key: string): Promise<ResourceId> => ({
  ...(await azure.diskPlace()),
  kind: "disks",
  name: nameOf("restore", key),
});

/** A name alone, as Velero's plugin has it, is one in the resource group of the credentials. */
async function diskIdOf(azure: AzureDisks, volumeId: string): Promise<ResourceId> {
  const whole = parseResourceId(volumeId, "disks");
  if (whole !== undefined) return whole;
  if (isDiskName(volumeId)) {
    return { ...(await azure.diskPlace()), kind: "disks", name: volumeId };
  }
  const what = `${azure.display}: ${JSON.stringify(volumeId)} is no id of a disk at Azure`;
  throw new ArkError("ARK_PROVIDER_FAILED", what);
}

function snapshotIdOf(text: string, display: string): ResourceId {
  const id = parseResourceId(text, "snapshots");
  if (id !== undefined) return id;
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `${display}: ${JSON.stringify(text)} is no id of a snapshot at Azure`,
    { advice: "the backup was made by a plugin of another provider, or its record is damaged" },
  );
}

/** The tags, once it is told which Azure would not take. */
function told({ log }: AzureDisks, { doing }: Attempt, { tags, leftOut }: ChosenTags): Tags {
  if (leftOut.length > 0) {
    const message =
      "tags are left out: Azure takes 50, with keys of 512 characters, values of 256, and keeps some names to itself";
    log?.write("warn", message, { to: doing, keys: leftOut });
  }
  return tags;
}

function incrementalOf(
  { incremental }: AzureDiskOptions,
  { sku }: Resource,
): { readonly incremental?: boolean } {
  if (tunedTypes.includes(sku)) return { incremental: true };
  return incremental === undefined ? {} : { incremental };
}

/** Azure refuses it for types that have none of their own. */
function speedOf({ volumeType, iops }: VolumeRequest): { readonly diskIOPSReadWrite?: number } {
  if (iops === undefined || !tunedTypes.includes(volumeType)) return {};
  return { diskIOPSReadWrite: Number(iops) };
}

function assertUsable(snapshot: Resource, snapshotId: string, display: string): void {
  const what = `${display} cannot make a disk of snapshot ${JSON.stringify(snapshotId)}`;
  const words = failureOfResource(snapshot);
  if (words !== undefined) {
    throw new ArkError("ARK_PROVIDER_FAILED", `${what}: the snapshot itself has failed`, {
      answer: words,
      advice: "restore from another backup",
    });
  }
  if (isReady(snapshot)) return;
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `${what}: Azure is still making it (${snapshot.percent ?? 0}%)`,
    { advice: "restore again when it is finished" },
  );
}

function statusOf(snapshot: Resource): SnapshotStatus {
  const error = failureOfResource(snapshot);
  const { percent } = snapshot;
  return {
    ready: isReady(snapshot),
    ...(percent === undefined ? {} : { progress: Math.min(percent, 100) / 100 }),
    ...(error === undefined ? {} : { error }),
  };
}

const snapshotOf = (id: ResourceId, made: Resource): VolumeSnapshot => ({
  snapshotId: formatResourceId(id),
  ready: isReady(made),
});
