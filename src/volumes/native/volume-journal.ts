import { putOwned } from "../../catalog/put-owned.ts";
import { volumeKey } from "../../format/keys.ts";
import {
  decodeVolumeStep,
  encodeVolumeStep,
  maxVolumeStepBytes,
  type NativeVolumeStep,
} from "../../format/native-volume-step.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { type LoadedSteps, loadSteps, type StepRecords } from "./load-steps.ts";

/** Makes durable what a restore asks of providers; for one process of it. */
export interface VolumeJournal {
  /** What the restore wrote before this process, and in it: the last of each volume, by its name. */
  readonly steps: ReadonlyMap<string, NativeVolumeStep>;
  /** Errors: ARK_NAME_LOST, those of the store. */
  write(step: NativeVolumeStep, signal: AbortSignal): Promise<void>;
}

export interface VolumeJournalOptions {
  readonly store: ObjectStore;
  readonly runUid: string;
  /** Default: no process before this one has written any. */
  readonly isContinued?: boolean;
  readonly checkOwner: (signal: AbortSignal) => Promise<void>;
}

/** Errors: ARK_BACKUP_DAMAGED, those of the store. */
export async function openVolumeJournal(
  { store, runUid, isContinued = false, checkOwner }: VolumeJournalOptions,
  signal: AbortSignal,
): Promise<VolumeJournal> {
  const loaded = isContinued ? await loadVolumeSteps(store, runUid, signal) : nothingLoaded;
  const steps = new Map(loaded.steps);
  let number = loaded.last;
  return {
    steps,
    async write(step, writing) {
      number += 1;
      // Known even where it cannot be written down.
      if (step.state === "made") steps.set(step.volume, step);
      const key = volumeKey(runUid, number);
      await putOwned({ store, key, bytes: encodeVolumeStep(step), checkOwner }, writing);
      steps.set(step.volume, step);
    },
  };
}

/** Of a restore whose run nobody can go on with: what a provider is asked is kept nowhere. */
export function unkeptVolumes(): VolumeJournal {
  const steps = new Map<string, NativeVolumeStep>();
  return { steps, write: async (step) => void steps.set(step.volume, step) };
}

const nothingLoaded: LoadedSteps<NativeVolumeStep> = { steps: new Map(), last: 0 };

const records: StepRecords<NativeVolumeStep> = {
  sort: "volume",
  keyOf: volumeKey,
  maxBytes: maxVolumeStepBytes,
  decode: decodeVolumeStep,
};

/** What processes of a restore have written. Errors: ARK_BACKUP_DAMAGED, those of the store. */
export async function loadVolumeSteps(
  store: ObjectStore,
  runUid: string,
  signal: AbortSignal,
): Promise<LoadedSteps<NativeVolumeStep>> {
  return await loadSteps(records, store, runUid, signal);
}
