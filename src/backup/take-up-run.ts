import { apiVersion, groupResource } from "../api/resource-kind.ts";
import type { BackupPlan } from "../domain/plan.ts";
import {
  backupKeys,
  numberOfLogSegment,
  recordNumber,
  runFolder,
  runOfThawKey,
} from "../format/keys.ts";
import type { Log } from "../ports/log.ts";
import type { ObjectStore, Upload } from "../ports/object-store.ts";
import { type InterruptedRun, isMisfit, misfit, readInterruptedRun } from "./interrupted-run.ts";

/** An interrupted run that goes on; what is left to do of its archive. */
export type TakenUp =
  | {
      readonly state: "uploading";
      readonly run: InterruptedRun;
      /** Undefined: what there is fills no part yet. */
      readonly upload: Upload | undefined;
    }
  /** The dead process had completed the upload, but not sealed the backup. */
  | { readonly state: "uploaded"; readonly run: InterruptedRun };

/**
 * Takes up what a dead process left of a run; undefined when it is to be begun again, and then
 * what was left is cleared and the reason logged.
 */
export async function takeUpRun(
  { plan, runUid }: { readonly plan: BackupPlan; readonly runUid: string },
  ports: { readonly store: ObjectStore; readonly log: Log },
  signal: AbortSignal,
): Promise<TakenUp | undefined> {
  const { store, log } = ports;
  const { name } = plan;
  let run: InterruptedRun;
  try {
    run = await readInterruptedRun(store, runUid, signal);
    checkVersions(run, plan);
  } catch (error) {
    if (!isMisfit(error)) throw error;
    log.write("warn", "an interrupted run is begun again", { backup: name, reason: error.message });
    await removeCheckpoints(runUid, store, signal);
    return undefined;
  }
  const { uploadId } = run;
  if (uploadId === undefined) {
    if (run.lists.size > 0) return { state: "uploading", run, upload: undefined };
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

/**
 * A list cannot go on in another version than it began in. Errors: ARK_BACKUP_DAMAGED, after
 * which the run is begun again.
 */
function checkVersions({ runUid, lists }: InterruptedRun, plan: BackupPlan): void {
  const kinds = [...plan.kinds, ...plan.related.map(({ kind }) => kind)];
  const versions = new Map(kinds.map((kind) => [groupResource(kind), apiVersion(kind)]));
  const others = new Set(
    (plan.otherVersions ?? []).map((kind) => `${groupResource(kind)} ${apiVersion(kind)}`),
  );
  for (const { resource, version, isOther = false } of lists.values()) {
    const isServed = isOther
      ? others.has(`${resource} ${version}`)
      : (versions.get(resource) ?? version) === version;
    if (!isServed) {
      throw misfit(runUid, `${resource} was begun in ${version} and is served otherwise now`);
    }
  }
}

/** They count from 1 again; among new ones old ones would be taken for a part of the run. */
async function removeCheckpoints(
  runUid: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of store.list(runFolder(runUid), { signal })) {
    // What was begun outside goes on, whatever becomes of the archive.
    const isOutside = (["operations", "native"] as const).some(
      (record) => recordNumber(key, runUid, record) !== undefined,
    );
    const isLog = numberOfLogSegment(key) !== undefined;
    if (runOfThawKey(key) === undefined && !isOutside && !isLog) keys.push(key);
  }
  for (const key of keys) await store.remove(key, { signal });
}
