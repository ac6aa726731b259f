/**
 * A provider of disks in memory, and its volume snapshotter: PersistentVolumes with a host path
 * `/disks/<id>` are its own, and those of its CSI driver.
 */
import { ArkError } from "../../src/lib/errors.ts";
import { textAt, withValue } from "../../src/lib/json-edit.ts";
import type { SnapshotLocations } from "../../src/ports/snapshot-locations.ts";
import type { VolumeSnapshotter } from "../../src/ports/volume-snapshotter.ts";

export const disksDriver = "csi.disks.example.io";

export interface MemoryDisk {
  readonly data: string;
  readonly zone: string;
  /** Id of the snapshot that it was made of; empty: none. */
  readonly of: string;
  readonly type: string;
  readonly iops: bigint;
}

/**
 * `refuse`: nothing is made. `lose`: it is made, and the answer is lost. `forget`: the answer is
 * lost, and nothing was made.
 */
export type DiskFault = "refuse" | "lose" | "forget";

/**
 * What the provider says of a snapshot that it accepted: how much of it is done (0 to 1), its end, or
 * nothing (`silence`: the call fails). `missed`: it does not know it.
 */
export type SnapshotWord = number | "ready" | "failed" | "missed" | "silence";

export interface MemoryDisksOptions {
  /** Whether it can be told when a snapshot is finished, which Velero's protocol cannot. Default false. */
  readonly status?: boolean;
  /** Whether what a key has made can be looked up, which Velero's protocol cannot. Default false. */
  readonly find?: boolean;
  /** Whether a volume gets a new name with its new disk. Default false. */
  readonly renames?: boolean;
}

export interface MemoryDisks {
  /** By id. */
  readonly disks: Map<string, MemoryDisk>;
  readonly snapshots: Map<string, { readonly disk: string; readonly data: string }>;
  /** `method subject`, in their order. */
  readonly calls: string[];
  /** By subject: what befalls the next calls that make something of it, one each. */
  readonly faults: Map<string, DiskFault[]>;
  /**
   * By disk: the answers to looks at its snapshot, the last of them to all further ones. A snapshot
   * of a disk without some is ready when it is made.
   */
  readonly words: Map<string, SnapshotWord[]>;
  /** Of location `disks`. */
  readonly snapshotter: VolumeSnapshotter;
  /** `wrap`: what stands between a process and the snapshotter. */
  locations(wrap?: (snapshotter: VolumeSnapshotter) => VolumeSnapshotter): SnapshotLocations;
}

const driver = ["spec", "csi", "driver"];
const handle = ["spec", "csi", "volumeHandle"];

export function createMemoryDisks(options: MemoryDisksOptions = {}): MemoryDisks {
  const disks: MemoryDisks["disks"] = new Map();
  const snapshots: MemoryDisks["snapshots"] = new Map();
  const faults: MemoryDisks["faults"] = new Map();
  const words: MemoryDisks["words"] = new Map();
  const calls: string[] = [];
  const byKey = new Map<string, string>();
  const make = (subject: string, key: string, id: string, act: () => void): string => {
    const fault = faults.get(subject)?.shift();
    if (fault === "refuse") throw new ArkError("ARK_PLUGIN_FAILED", `${subject} is on fire`);
    if (fault !== "forget") {
      act();
      byKey.set(key, id);
    }
    if (fault === undefined) return id;
    throw new ArkError("ARK_VOLUME_OUTCOME_UNKNOWN", `the answer about ${subject} was lost`);
  };
  const find = options.find === true;
  const status = options.status === true;
  const isReady = (disk: string): boolean | "unknown" => (status ? !words.has(disk) : "unknown");
  const lacking = (): never => {
    throw new ArkError("ARK_VOLUME_UNSUPPORTED", "these disks cannot be asked that");
  };
  const snapshotter: VolumeSnapshotter = {
    capabilities: { find, status, concurrentCalls: 4 },
    display: 'example.io/disks in location "disks"',
    async claim(volume) {
      if (textAt(volume, driver) === disksDriver) {
        return { volumeId: textAt(volume, handle), zone: "west-1" };
      }
      const path = textAt(volume, ["spec", "hostPath", "path"]);
      if (!path.startsWith("/disks/")) return undefined;
      return { volumeId: path.slice("/disks/".length), zone: "west-1" };
    },
    async describe(_volume, { signal }) {
      signal.throwIfAborted();
      return { volumeType: "fast", iops: 3_000n };
    },
    async createSnapshot({ volumeId, idempotencyKey }, { signal }) {
      signal.throwIfAborted();
      calls.push(`createSnapshot ${volumeId}`);
      const id = `snap-${snapshots.size + 1}`;
      const data = disks.get(volumeId)?.data ?? "";
      make(volumeId, idempotencyKey, id, () => snapshots.set(id, { disk: volumeId, data }));
      return { snapshotId: id, ready: isReady(volumeId) };
    },
    async snapshotStatus(id, { signal }) {
      signal.throwIfAborted();
      if (!status) lacking();
      calls.push(`snapshotStatus ${id}`);
      const said = words.get(snapshots.get(id)?.disk ?? "") ?? ["ready"];
      const word = (said.length > 1 ? said.shift() : said[0]) ?? "ready";
      if (word === "silence") throw new ArkError("ARK_PLUGIN_FAILED", "the provider is silent");
      if (word === "missed" || !snapshots.has(id)) return undefined;
      if (word === "failed") return { ready: false, error: "the disk array lost it" };
      return word === "ready" ? { ready: true } : { ready: false, progress: word };
    },
    async createVolume(request, { signal }) {
      signal.throwIfAborted();
      const { snapshotId, volumeType, zone, iops = 0n, idempotencyKey } = request;
      calls.push(`createVolume ${snapshotId}`);
      const id = `disk-${disks.size + 1}`;
      const { data = "" } = snapshots.get(snapshotId) ?? {};
      const disk = { data, zone, of: snapshotId, type: volumeType, iops };
      return make(snapshotId, idempotencyKey, id, () => disks.set(id, disk));
    },
    async rebind(volume, volumeId) {
      const rebound =
        textAt(volume, driver) === disksDriver
          ? withValue(volume, handle, volumeId)
          : withValue(volume, ["spec", "hostPath", "path"], `/disks/${volumeId}`);
      if (options.renames !== true) return rebound;
      return withValue(rebound, ["metadata", "name"], `volume-of-${volumeId}`);
    },
    async deleteSnapshot(id, { signal }) {
      signal.throwIfAborted();
      calls.push(`deleteSnapshot ${id}`);
      snapshots.delete(id);
    },
    async findSnapshot(key) {
      if (!find) lacking();
      const snapshotId = byKey.get(key);
      if (snapshotId === undefined) return undefined;
      return { snapshotId, ready: isReady(snapshots.get(snapshotId)?.disk ?? "") };
    },
    findVolume: async (key) => (find ? byKey.get(key) : lacking()),
    close: async () => undefined,
  };
  return {
    ...{ disks, snapshots, calls, faults, words, snapshotter },
    locations: (wrap = (same) => same) => ({
      all: [{ name: "disks", provider: "example.io/disks" }],
      async open(name) {
        if (name === "disks") return wrap(snapshotter);
        throw new ArkError(
          "ARK_CONFIG_INVALID",
          `there is no volume snapshot location "${name}" in namespace "ark-ts"`,
        );
      },
    }),
  };
}
