import { ArkError, hasCode } from "../../../lib/errors.ts";
import { isJsonObject, type JsonObject, parseJson, stringifyJson } from "../../../lib/json-text.ts";
import { createSemaphore } from "../../../lib/semaphore.ts";
import type { Method } from "../../../plugin-wire/method.ts";
import {
  createSnapshot,
  createVolumeFromSnapshot,
  deleteSnapshot,
  getVolumeId,
  getVolumeInfo,
  initVolumeSnapshotter,
  setVolumeId,
} from "../../../plugin-wire/services/volume-snapshotter.ts";
import type { VolumeSnapshotter } from "../../../ports/volume-snapshotter.ts";
import type { PluginCommand, PluginHostOptions } from "../host-options.ts";
import { openPluginSession } from "../plugin-session.ts";

export interface VolumeSnapshotterPlace {
  readonly command: PluginCommand;
  /** As the program lists it: `velero.io/aws`. */
  readonly plugin: string;
  /** Name of the VolumeSnapshotLocation. */
  readonly location: string;
  /** Of the location; plugins refuse keys that they do not know. */
  readonly config: Readonly<Record<string, string>>;
  /** Velero's rule for the zone of a volume. */
  readonly zoneOf: (volume: JsonObject) => string;
}

/**
 * A VolumeSnapshotter plugin of Velero, in a process of its own. Its calls are made one at a time,
 * for some plugins keep what one call has found for the next. The protocol can neither look up what
 * a key has made, nor tell when a snapshot is finished.
 */
export function openPluginVolumeSnapshotter(
  { command, plugin, location, config, zoneOf }: VolumeSnapshotterPlace,
  options: PluginHostOptions,
): VolumeSnapshotter {
  const session = openPluginSession(
    command,
    [
      async (connection, signal) => {
        await connection.call(initVolumeSnapshotter, { plugin, config }, signal);
      },
    ],
    options,
  );
  const turn = createSemaphore(1);
  const ask = async <Request, Response>(
    method: Method<Request, Response>,
    request: Partial<Request>,
    signal: AbortSignal,
  ): Promise<Response> => {
    const leave = await turn.enter(signal);
    try {
      return await session.call(method, { ...request, plugin }, signal);
    } finally {
      leave();
    }
  };
  /** For calls that make something: what it came to may be unknown. */
  const make = async <Result>(what: string, call: () => Promise<Result>): Promise<Result> => {
    try {
      return await call();
    } catch (thrown) {
      if (!isUnknown(thrown)) throw thrown;
      throw new ArkError("ARK_VOLUME_OUTCOME_UNKNOWN", `it is not known whether ${what}`, {
        answer: [thrown.message, thrown.answer].filter(Boolean).join(": "),
        advice: "look for it at the provider before it is tried again: its tags name the backup",
        cause: thrown,
      });
    }
  };
  const lacking = (what: string): ArkError =>
    new ArkError("ARK_VOLUME_UNSUPPORTED", `Velero's protocol of plugins cannot ${what}`, {
      advice: `the snapshots of location ${JSON.stringify(location)} are made by the plugin ${plugin}`,
    });
  return {
    capabilities: { find: false, status: false, concurrentCalls: 1 },
    display: `${plugin} in location ${JSON.stringify(location)}`,
    async claim(volume, { signal }) {
      const persistentVolume = Buffer.from(stringifyJson(volume));
      const { volumeId } = await ask(getVolumeId, { persistentVolume }, signal);
      return volumeId === "" ? undefined : { volumeId, zone: zoneOf(volume) };
    },
    async describe({ volumeId, zone }, { signal }) {
      const { volumeType, iops } = await ask(getVolumeInfo, { volumeId, zone }, signal);
      return { volumeType, ...(iops !== 0n && { iops }) };
    },
    createSnapshot: ({ volumeId, zone, tags }, { signal }) =>
      make(`a snapshot of volume ${JSON.stringify(volumeId)} was made`, async () => {
        const { snapshotId } = await ask(createSnapshot, { volumeId, zone, tags }, signal);
        return { snapshotId, ready: "unknown" as const };
      }),
    async snapshotStatus() {
      throw lacking("tell the state of a snapshot");
    },
    createVolume: ({ snapshotId, volumeType, zone, iops = 0n }, { signal }) =>
      make(`a volume of snapshot ${JSON.stringify(snapshotId)} was made`, async () => {
        const request = { snapshotId, volumeType, zone, iops };
        return (await ask(createVolumeFromSnapshot, request, signal)).volumeId;
      }),
    async rebind(volume, volumeId, { signal }) {
      const request = { persistentVolume: Buffer.from(stringifyJson(volume)), volumeId };
      const { persistentVolume } = await ask(setVolumeId, request, signal);
      return readVolume(persistentVolume, session.display);
    },
    async deleteSnapshot(snapshotId, { signal }) {
      await ask(deleteSnapshot, { snapshotId }, signal);
    },
    async findSnapshot() {
      throw lacking("look up a snapshot");
    },
    async findVolume() {
      throw lacking("look up a volume");
    },
    close: () => session.close(),
  };
}

function isUnknown(thrown: unknown): thrown is ArkError {
  return hasCode(thrown, "ARK_PLUGIN_ENDED") || hasCode(thrown, "ARK_PLUGIN_TIMEOUT");
}

function readVolume(bytes: Uint8Array, display: string): JsonObject {
  try {
    const value = parseJson(Buffer.from(bytes).toString("utf8"));
    if (isJsonObject(value)) return value;
  } catch {
    // Told below.
  }
  throw new ArkError(
    "ARK_PLUGIN_PROTOCOL",
    `plugin ${JSON.stringify(display)} answered a volume that is no JSON object`,
  );
}
