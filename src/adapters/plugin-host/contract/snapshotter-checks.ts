import { zoneOfVolume } from "../../../domain/volumes/native/zone-of-volume.ts";
import { ArkError } from "../../../lib/errors.ts";
import { textAt, valueAt } from "../../../lib/json-edit.ts";
import { isJsonObject, type JsonObject, parseJson, stringifyJson } from "../../../lib/json-text.ts";
import type { GrpcConnection } from "../../../plugin-wire/grpc-connection.ts";
import {
  createSnapshot,
  deleteSnapshot,
  getVolumeId,
  getVolumeInfo,
  initVolumeSnapshotter,
  setVolumeId,
} from "../../../plugin-wire/services/volume-snapshotter.ts";
import type { Promised } from "./contract-check.ts";

interface SnapshotterUnderTest {
  readonly connection: GrpcConnection;
  readonly plugin: string;
  readonly config: Readonly<Record<string, string>>;
  /** A PersistentVolume of the provider. */
  readonly volume: JsonObject;
  /** Velero's name of the backup that its snapshot is tagged with. */
  readonly backup: string;
  readonly signal: AbortSignal;
}

const foreign: JsonObject = {
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: "ark-ts-plugin-test" },
  spec: { nfs: { server: "nfs.example.com", path: "/" } },
};

/**
 * In the order in which they build on each other; the last one removes the snapshot. No volume is
 * made of it: the protocol has no call to remove one.
 */
export function snapshotterChecks(
  under: SnapshotterUnderTest,
): readonly (readonly [check: string, run: Promised])[] {
  const { connection, plugin, config, volume, backup, signal } = under;
  const zone = zoneOfVolume(volume);
  const bytesOf = (object: JsonObject) => Buffer.from(stringifyJson(object));
  const idOf = async (object: JsonObject) => {
    const request = { plugin, persistentVolume: bytesOf(object) };
    return (await connection.call(getVolumeId, request, signal)).volumeId;
  };
  const made = { volumeId: "", snapshotId: "" };
  return [
    [
      "takes its config",
      async () => {
        await connection.call(initVolumeSnapshotter, { plugin, config }, signal);
        return Object.keys(config).join(", ");
      },
    ],
    [
      "reads the id of its volume",
      async () => {
        made.volumeId = await idOf(volume);
        if (made.volumeId === "") throw broken("it takes the volume as none of its own");
        return made.volumeId;
      },
    ],
    [
      "takes no volume of another provider as its own",
      async () => {
        const id = await idOf(foreign).catch(() => "");
        if (id === "") return "none of an NFS volume";
        throw broken(`it answers ${JSON.stringify(id)} for an NFS volume`);
      },
    ],
    [
      "writes an id into the object, and leaves the rest",
      async () => {
        const request = { plugin, persistentVolume: bytesOf(volume), volumeId: made.volumeId };
        const { persistentVolume } = await connection.call(setVolumeId, request, signal);
        const answer = parseJson(Buffer.from(persistentVolume).toString());
        if (!isJsonObject(answer)) throw broken("it answers no object");
        const id = await idOf(answer);
        if (id !== made.volumeId) throw broken(`then it reads ${JSON.stringify(id)}`);
        const lost = keptFields.find(
          (path) => stringOf(valueAt(answer, path)) !== stringOf(valueAt(volume, path)),
        );
        if (lost !== undefined) throw broken(`${lost.join(".")} is another`);
        return textAt(answer, ["metadata", "name"]);
      },
    ],
    [
      "describes its volume",
      async () => {
        const request = { plugin, volumeId: made.volumeId, zone };
        const { volumeType, iops } = await connection.call(getVolumeInfo, request, signal);
        return iops === 0n ? volumeType : `${volumeType}, ${iops} IOPS`;
      },
    ],
    [
      "makes a snapshot",
      async () => {
        const name = textAt(volume, ["metadata", "name"]);
        const tags = { "velero.io/backup": backup, "velero.io/pv": name };
        const request = { plugin, volumeId: made.volumeId, zone, tags };
        made.snapshotId = (await connection.call(createSnapshot, request, signal)).snapshotId;
        if (made.snapshotId === "") throw broken("it answers no id");
        return made.snapshotId;
      },
    ],
    [
      "deletes it, and takes one that is gone as deleted",
      async () => {
        const { snapshotId } = made;
        if (snapshotId === "") throw broken("there is none to delete");
        for (const _again of [1, 2]) {
          await connection.call(deleteSnapshot, { plugin, snapshotId }, signal);
        }
        return `${snapshotId} is gone`;
      },
    ],
  ];
}

const keptFields: readonly (readonly string[])[] = [
  ["spec", "capacity"],
  ["spec", "accessModes"],
  ["spec", "storageClassName"],
  ["spec", "claimRef", "name"],
];

const stringOf = (value: ReturnType<typeof valueAt>): string =>
  value === undefined ? "" : stringifyJson(value);

function broken(fault: string): ArkError {
  return new ArkError("ARK_PLUGIN_FAILED", fault);
}
