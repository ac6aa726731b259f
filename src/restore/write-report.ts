import type { Restore } from "../api/restore.ts";
import type { RunLog } from "../catalog/run-log.ts";
import { restoreKeys } from "../format/keys.ts";
import { encodeEmptyRestoreFiles, encodeRestore } from "../format/restore-files.ts";
import { encodeResults } from "../format/results.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
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
  parts: { readonly log: RunLog; readonly tally: Tally },
  signal: AbortSignal,
): Promise<void> {
  const { name } = restore.metadata;
  const keys = restoreKeys(name);
  await store.put(keys.results, await encodeResults(parts.log.findings), { signal });
  await store.put(keys.resourceList, await parts.tally.encode(), { signal });
  for (const { key, bytes } of await encodeEmptyRestoreFiles(name)) {
    await store.put(key, bytes, { signal });
  }
  await store.put(keys.logs, await parts.log.finish(), { signal });
  try {
    const ifAbsent = store.capabilities.conditionalPut;
    await store.put(keys.record, encodeRestore(restore), { ifAbsent, signal });
  } catch (thrown) {
    throw hasCode(thrown, "ARK_STORE_EXISTS") ? nameTaken(store, name) : thrown;
  }
}

function nameTaken(store: ObjectStore, name: string): ArkError {
  return new ArkError("ARK_NAME_TAKEN", `a restore "${name}" exists in ${store.display}`, {
    advice: "choose another name",
  });
}
