import { putOwned } from "../../catalog/put-owned.ts";
import { nativeKey } from "../../format/keys.ts";
import {
  decodeNativeStep,
  encodeNativeStep,
  maxNativeStepBytes,
  type NativeSnapshotStep,
} from "../../format/native-snapshot-step.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { type LoadedSteps, loadSteps, type StepRecords } from "./load-steps.ts";

/** Makes durable what a run asks of providers; for one process of it. */
export interface NativeJournal {
  write(step: NativeSnapshotStep, signal: AbortSignal): Promise<void>;
}

/** What processes of a run have written. Errors: ARK_BACKUP_DAMAGED, those of the store. */
export async function loadNativeSteps(
  store: ObjectStore,
  runUid: string,
  signal: AbortSignal,
): Promise<LoadedSteps<NativeSnapshotStep>> {
  return await loadSteps(records, store, runUid, signal);
}

const records: StepRecords<NativeSnapshotStep> = {
  sort: "native",
  keyOf: nativeKey,
  maxBytes: maxNativeStepBytes,
  decode: decodeNativeStep,
};

export function createNativeJournal(
  {
    store,
    runUid,
    last,
  }: { readonly store: ObjectStore; readonly runUid: string } & Pick<
    LoadedSteps<NativeSnapshotStep>,
    "last"
  >,
  checkOwner: (signal: AbortSignal) => Promise<void>,
): NativeJournal {
  let number = last;
  return {
    async write(step, signal) {
      number += 1;
      const key = nativeKey(runUid, number);
      await putOwned({ store, key, bytes: encodeNativeStep(step), checkOwner }, signal);
    },
  };
}
