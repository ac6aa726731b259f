import { backupKeys, runFolder, runOfThawKey } from "../format/keys.ts";
import type { Log } from "../ports/log.ts";
import type { ObjectStore, Upload } from "../ports/object-store.ts";
import { type InterruptedRun, isMisfit, readInterruptedRun } from "./interrupted-run.ts";

/** An interrupted run that goes on; what is left to do of its archive. */
export type TakenUp =
  | { readonly state: "uploading"; readonly run: InterruptedRun; readonly upload: Upload }
  /** The dead process had completed the upload, but not sealed the backup. */
  | { readonly state: "uploaded"; readonly run: InterruptedRun };

/**
 * Takes up what a dead process left of a run; undefined when it is to be begun again, and then
 * what was left is cleared and the reason logged.
 */
export async function takeUpRun(
  name: string,
  runUid: string,
  ports: { readonly store: ObjectStore; readonly log: Log },
  signal: AbortSignal,
): Promise<TakenUp | undefined> {
  const { store, log } = ports;
  let run: InterruptedRun;
  try {
    run = await readInterruptedRun(store, runUid, signal);
  } catch (error) {
    if (!isMisfit(error)) throw error;
    log.write("warn", "an interrupted run is begun again", { backup: name, reason: error.message });
    await removeCheckpoints(runUid, store, signal);
    return undefined;
  }
  const { uploadId } = run;
  if (uploadId === undefined) {
    await removeCheckpoints(runUid, store, signal);
    return undefined;
  }
  const key = backupKeys(name).archive;
  const upload = await store.resumeUpload(key, uploadId, { signal });
  if (upload !== undefined) return { state: "uploading", run, upload };
  const stored = await store.head(key, { signal });
  const sizeBytes = run.parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  const isWhole = stored?.metadata["ark-run"] === runUid && stored.sizeBytes === sizeBytes;
  if (run.end !== undefined && isWhole) return { state: "uploaded", run };
  const reason = "the store has dropped its upload";
  log.write("warn", "an interrupted run is begun again", { backup: name, reason });
  await removeCheckpoints(runUid, store, signal);
  return undefined;
}

/** They count from 1 again; among new ones old ones would be taken for a part of the run. */
async function removeCheckpoints(
  runUid: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of store.list(runFolder(runUid), { signal })) {
    if (runOfThawKey(key) === undefined) keys.push(key);
  }
  for (const key of keys) await store.remove(key, { signal });
}
