import type { RunLog } from "../../catalog/run-log.ts";
import type { NativeSource } from "../../domain/restore/volume-fate.ts";
import type { NativeVolumeStep } from "../../format/native-volume-step.ts";
import { ArkError, toArkError } from "../../lib/errors.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SnapshotLocations } from "../../ports/snapshot-locations.ts";
import { makeVolume, notMade } from "../../volumes/native/make-volume.ts";
import { openLocations } from "../../volumes/native/open-locations.ts";
import type { VolumeJournal } from "../../volumes/native/volume-journal.ts";

export const persistentVolumes = "persistentvolumes";

/** Volumes that providers make of native snapshots, for one process of a run. */
export interface NativeVolumes {
  /** How far the run is with each, by the name of the PersistentVolume in the backup. */
  readonly steps: ReadonlyMap<string, NativeVolumeStep>;
  /** Names in the backup of those whose PersistentVolume this process has made. */
  readonly standing: Set<string>;
  /**
   * Has a volume made, at most once in a run. Errors: ARK_VOLUME_NOT_MADE,
   * ARK_VOLUME_OUTCOME_UNKNOWN, ARK_VOLUME_DATA_UNSUPPORTED, ARK_NAME_LOST, those of the store.
   */
  make(wanted: WantedVolume, signal: AbortSignal): Promise<void>;
  /**
   * The object of that name in the backup as it stands for the volume that was made; undefined where
   * none was. Errors: those of the snapshotter, with the id of the volume.
   */
  rebind(
    volume: string,
    object: JsonObject,
    signal: AbortSignal,
  ): Promise<ReboundVolume | undefined>;
  /** Ends the snapshotters. */
  close(): Promise<void>;
}

export interface WantedVolume {
  /** Name of the PersistentVolume in the backup. */
  readonly volume: string;
  /** The name that it gets. */
  readonly name: string;
  readonly source: NativeSource;
}

export interface ReboundVolume {
  readonly object: JsonObject;
  /** The provider's. */
  readonly volumeId: string;
}

export interface NativeVolumesOptions {
  readonly ports: {
    readonly clock: Pick<Clock, "monotonicMs" | "sleep">;
    readonly snapshotLocations?: SnapshotLocations;
  };
  readonly journal: VolumeJournal;
  readonly runUid: string;
  readonly log: Pick<RunLog, "write">;
  /** Aborts some time after the run is cancelled. */
  readonly late: AbortSignal;
}

export function createNativeVolumes(options: NativeVolumesOptions): NativeVolumes {
  const { ports, journal, runUid, log, late } = options;
  const { snapshotLocations, clock } = ports;
  const opened = snapshotLocations && openLocations(snapshotLocations, clock);
  return {
    steps: journal.steps,
    standing: new Set(),
    async make({ volume, name, source }, signal) {
      const { snapshotId } = source;
      const before = journal.steps.get(volume);
      if (before?.state === "made") return;
      if (opened === undefined) throw unsupported(source);
      if (snapshotId === "") throw neverMade(source);
      const location = await opened.get(source.location, signal).catch((thrown: unknown) => {
        signal.throwIfAborted();
        throw notMade(source, thrown);
      });
      const making = {
        step: { ...source, volume, name, volumeId: "", state: "begun" as const },
        location,
        idempotencyKey: `${runUid}/${volume}`,
        isDoubtful: before?.state === "begun",
        write: journal.write,
      };
      const { volumeId } = await makeVolume(making, signal, late);
      const told = { volume: name, snapshot: snapshotId, volumeId };
      log.write("info", "volume made of its native snapshot", told);
    },
    async rebind(volume, object, signal) {
      const step = journal.steps.get(volume);
      if (step?.state !== "made") return undefined;
      if (opened === undefined) throw unsupported(step);
      const { volumeId } = step;
      try {
        const { snapshotter } = await opened.get(step.location, signal);
        const rebound = await snapshotter.rebind(object, volumeId, { signal });
        return { object: checked(rebound, object, snapshotter.display), volumeId };
      } catch (thrown) {
        signal.throwIfAborted();
        throw notRebound(step, thrown);
      }
    },
    close: async () => await opened?.close(),
  };
}

/** A snapshotter is to change what the volume stands for, and may give it another name. */
function checked(answered: JsonObject, given: JsonObject, display: string): JsonObject {
  const isSame = ["apiVersion", "kind"].every(
    (field) => textAt(answered, [field]) === textAt(given, [field]),
  );
  if (isSame && textAt(answered, ["metadata", "name"]) !== "") return answered;
  throw new ArkError(
    "ARK_PLUGIN_PROTOCOL",
    `${display} answered something else than the PersistentVolume that it was given`,
  );
}

function notRebound({ volumeId, snapshotId }: NativeVolumeStep, thrown: unknown): ArkError {
  const { code, message, answer, cause } = toArkError(thrown);
  const said = [message, answer].filter(Boolean).join(": ");
  const what = `volume "${volumeId}" was made of snapshot "${snapshotId}", and could not be put into the object`;
  return new ArkError(code, `${what}: ${said}`, { cause });
}

function unsupported({ snapshotId, location }: Pick<NativeSource, "snapshotId" | "location">) {
  return new ArkError(
    "ARK_VOLUME_DATA_UNSUPPORTED",
    `its data is in native snapshot "${snapshotId}" of volume snapshot location "${location}", and nobody here can ask a provider for it`,
    {
      advice:
        "restore it with an ark-ts server that has the provider's plugin; or with --restore-volumes=false, which makes the object anew as it was",
    },
  );
}

function neverMade({ location }: NativeSource): ArkError {
  return new ArkError(
    "ARK_VOLUME_NOT_MADE",
    `its native snapshot in volume snapshot location "${location}" failed when the backup was made: there is nothing to make a volume of`,
    { advice: "take it from another backup; or use --restore-volumes=false" },
  );
}
