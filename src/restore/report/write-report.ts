import type { ItemOperation } from "../../api/item-operation.ts";
import type { Restore } from "../../api/restore.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import { encodeRestoreOperations } from "../../format/item-operations.ts";
import { restoreKeys } from "../../format/keys.ts";
import { encodePassive } from "../../format/passive-file.ts";
import { encodeRestore } from "../../format/restore-files.ts";
import { encodeRestoreVolumeInfo, type RestoredVolumes } from "../../format/restore-volume-info.ts";
import { encodeResults } from "../../format/results.ts";
import { ArkError, hasCode } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { takenRestoreAdvice } from "../record/restore-names.ts";
import type { EffectList } from "./effect-list.ts";
import type { Tally } from "./tally.ts";

/** Errors: ARK_NAME_INVALID, ARK_NAME_TAKEN. Velero's restores count: their files have the same names. */
export async function checkRestoreName(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  for await (const entry of store.list(restoreKeys(name).folder, { signal })) {
    if (entry.kind === "object") throw nameTaken(store, name);
  }
}

/** Writes the files of a restore, its record last. Errors: ARK_NAME_TAKEN, those of the store. */
export async function writeReport(
  store: ObjectStore,
  restore: Restore,
  parts: {
    readonly log: RunLog;
    readonly tally: Tally;
    readonly effects: EffectList;
    /** Of the cluster that was changed; empty where it is not known. */
    readonly clusterId: string;
    readonly serverSha256?: string;
    readonly operations: readonly ItemOperation[];
    readonly volumes: RestoredVolumes;
  },
  signal: AbortSignal,
): Promise<void> {
  const { name } = restore.metadata;
  const keys = restoreKeys(name);
  await store.put(keys.results, await encodeResults(parts.log.findings), { signal });
  await store.put(keys.resourceList, await parts.tally.encode(), { signal });
  const { passive } = parts.tally;
  if (passive.length > 0) await store.put(keys.passive, await encodePassive(passive), { signal });
  const { clusterId, serverSha256 } = parts;
  const cluster = { id: clusterId, ...(serverSha256 === undefined ? {} : { serverSha256 }) };
  await store.put(keys.changes, await parts.effects.finish(cluster), { signal });
  const { uid = "" } = restore.metadata;
  const operations = await encodeRestoreOperations({ name, uid }, parts.operations);
  await store.put(keys.itemOperations, operations, { signal });
  await store.put(keys.volumeInfo, await encodeRestoreVolumeInfo(parts.volumes), { signal });
  await store.put(keys.logs, await parts.log.finish(signal), { signal });
  try {
    const ifAbsent = store.capabilities.conditionalPut;
    await store.put(keys.record, encodeRestore(restore), { ifAbsent, signal });
  } catch (thrown) {
    throw hasCode(thrown, "ARK_STORE_EXISTS") ? nameTaken(store, name) : thrown;
  }
}

/**
 * Of a place that keeps what a location could not take. Errors: ARK_NAME_TAKEN for a restore that
 * ended there and can be undone.
 */
export async function checkKeptRestore(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const { record } = restoreKeys(name);
  for await (const { key } of store.list(record, { signal })) {
    if (key === record) throw nameTaken(store, name);
  }
}

function nameTaken(store: ObjectStore, name: string): ArkError {
  return new ArkError("ARK_NAME_TAKEN", `a restore "${name}" exists in ${store.display}`, {
    advice: takenRestoreAdvice(name),
  });
}
