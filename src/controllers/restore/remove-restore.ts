import type { BackupStorageLocation } from "../../api/backup-storage-location.ts";
import { fieldManager } from "../../api/field-manager.ts";
import { annotations } from "../../api/labels.ts";
import { restoreKind } from "../../api/restore.ts";
import { isWaiting, restoreFinalizer } from "../../domain/restore/next-step.ts";
import { hasCode, toArkError } from "../../lib/errors.ts";
import { jsonBytes } from "../../lib/json-text.ts";
import { removeRestoreFiles } from "../../restore/record/remove-restore-files.ts";
import type { ControllerContext, LiveRestore } from "../controller-context.ts";
import { isKindRemoved } from "../read-kind.ts";
import { sourceNamed } from "./find-source.ts";
import { kindOfRestore } from "./status-target.ts";

/**
 * What is left to do for a Restore that is deleted: its files go, and then the finalizer. A bucket
 * that is away keeps the Restore, and is tried again; without a location nothing can be removed.
 * While the kind itself is removed no bucket is touched: what a Restore is rebuilt from stays.
 */
export async function removeRestore(
  restore: LiveRestore,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  if (mayHaveFiles(restore) && !(await isKindRemoved(restoreKind, context, signal))) {
    const source = await sourceNamed(restore.spec.backupName ?? "", context, signal);
    if ("problem" in source) await searchFiles(restore, context, signal);
    else await removeFilesOrTell(restore, source.location, context, signal);
  }
  await writeFinalizers(restore, "remove", context, signal);
}

/** Adds or removes ours and leaves the others; of this revision only. */
export async function writeFinalizers(
  { metadata }: LiveRestore,
  what: "add" | "remove",
  { cluster }: Pick<ControllerContext, "cluster">,
  signal: AbortSignal,
): Promise<void> {
  const { finalizers = [], resourceVersion = "", namespace = "", name } = metadata;
  const others = finalizers.filter((one) => one !== restoreFinalizer);
  const wanted = what === "add" ? [...others, restoreFinalizer] : others;
  const patch = { metadata: { resourceVersion, finalizers: wanted } };
  const ref = { kind: kindOfRestore, namespace, name };
  try {
    await cluster.patch(ref, "merge", jsonBytes(patch), {
      signal,
      fieldManager,
    });
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_API_NOT_FOUND")) throw thrown;
  }
}

/** An Event is no place for thousands of names; the log names all. */
const namedAtMost = 5;

function tellKept(
  restore: LiveRestore,
  location: BackupStorageLocation,
  keptFor: readonly string[],
  { events, log }: ControllerContext,
): void {
  const { name } = restore.metadata;
  const left = keptFor.length - namedAtMost;
  const named = `${keptFor.slice(0, namedAtMost).join(", ")}${left > 0 ? `, and ${left} more` : ""}`;
  const message = `its files stay in location ${JSON.stringify(location.metadata.name)}: it deleted objects and could make nothing in their place, and only its record has them: ${named}; to have them back: ark-ts restore undo ${name}`;
  events.record(restore, { type: "Warning", reason: "FilesKept", message });
  log.write("warn", "the files of a deleted restore stay: only they have these objects", {
    restore: name,
    objects: keptFor,
  });
}

function mayHaveFiles({ status }: LiveRestore): boolean {
  return !isWaiting(status?.phase) && status?.phase !== "FailedValidation";
}

async function removeFilesOrTell(
  restore: LiveRestore,
  location: BackupStorageLocation,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  try {
    await removeFiles(restore, location, context, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const { message } = toArkError(thrown);
    const told = `its files cannot be removed, so it stays until they can: ${message}`;
    context.events.record(restore, { type: "Warning", reason: "FilesRemain", message: told });
    throw thrown;
  }
}

/** Its Backup is not there any more: a record says where the files are. One place that is away keeps nothing. */
async function searchFiles(
  restore: LiveRestore,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  for (const [, location] of context.caches.locations.entries()) {
    if (location.status?.phase === "Unavailable") continue;
    try {
      await removeFiles(restore, location, context, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const { message } = toArkError(thrown);
      const where = JSON.stringify(location.metadata.name);
      const told = `location ${where} was not searched for its files: ${message}`;
      context.events.record(restore, { type: "Warning", reason: "FilesRemain", message: told });
    }
  }
}

async function removeFiles(
  restore: LiveRestore,
  location: BackupStorageLocation,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const { metadata } = restore;
  const { name, namespace = "", uid = "" } = metadata;
  if (location.spec.accessMode === "ReadOnly") return;
  const store = await context.stores.open(location, signal);
  const loseMissing = Object.hasOwn(metadata.annotations ?? {}, annotations.loseMissing);
  const { clock, log } = context;
  const ports = { store, clock, log };
  const removed = await removeRestoreFiles({ name, namespace, uid, loseMissing }, ports, signal);
  if (removed.keptFor.length > 0) tellKept(restore, location, removed.keptFor, context);
  if (removed.foreign) {
    const message = `location ${JSON.stringify(location.metadata.name)} has files of the name ${JSON.stringify(name)} that are not known to be of this restore; they stay`;
    context.events.record(restore, { type: "Normal", reason: "FilesOfAnother", message });
  }
}
