import { backupKind } from "../../api/backup.ts";
import { resourceKindOf } from "../../api/custom-resource.ts";
import { labels } from "../../api/labels.ts";
import { restoreKind } from "../../api/restore.ts";
import { checkDeletion, type DeletedBackup, deleteBackup } from "../../catalog/delete-backup.ts";
import { deletability } from "../../domain/deletion.ts";
import { backupKeys } from "../../format/keys.ts";
import { hasCode, toArkError } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { createSnapshotApi, snapshotKinds } from "../../volumes/csi/snapshot-api.ts";
import { prepareSnapshots } from "../../volumes/delete-snapshots.ts";
import { discardRunSnapshots } from "../../volumes/discard-snapshots.ts";
import { prepareNatives } from "../../volumes/native/prepare-natives.ts";
import type { ControllerContext, LiveBackup } from "../controller-context.ts";
import { askDeleteActions } from "./ask-delete-actions.ts";

/** How long the Restores of a backup may take to go: a running one is cancelled first (as Velero). */
const restoresGoMs = 60_000;
const lookEveryMs = 500;
/** A status is no place for thousands of keys. */
const maxNamedKeys = 20;

/**
 * Deletes what belongs to a backup, one artifact after the other. First comes every refusal that can
 * be known, then the delete actions of plugins are asked; then go its native snapshots, its Restores
 * with their files, its CSI snapshots, its files with the seal first, at last the Backup. Without a
 * `store` nothing was taken, and Restores of its name are another backup's. What is not there any
 * more counts as done. Answers what could not be deleted, as sentences; then the Backup stays.
 */
export async function deleteArtifacts(
  backup: LiveBackup,
  store: ObjectStore | undefined,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const errors: string[] = [];
  if (store !== undefined) {
    const prepared = await prepare(backup, store, context, signal);
    if ("errors" in prepared) return prepared.errors;
    errors.push(...(await askDeleteActions(backup, store, context, signal)));
    if (errors.length === 0) errors.push(...(await orSentence(prepared.removeNatives, signal)));
    if (errors.length > 0) return errors;
    errors.push(...(await deleteRestores(backup, context, signal)));
    errors.push(...(await deleteFiles(backup, { store, ...prepared }, context, signal)));
  }
  if (errors.length > 0) return errors;
  await removeBackup(backup, context, signal);
  return [];
}

async function deleteRestores(
  { metadata }: LiveBackup,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { caches, clock, cluster, namespace } = context;
  const kind = resourceKindOf(restoreKind);
  const ofBackup = () =>
    Array.from(caches.restores.entries(), ([, restore]) => restore).filter(
      ({ spec }) => spec.backupName === metadata.name,
    );
  for (const { metadata: one } of ofBackup()) {
    const { name, uid = "" } = one;
    try {
      await cluster.remove({ kind, namespace, name }, { signal, uid });
    } catch (thrown) {
      // Another one has the name by now.
      if (!hasCode(thrown, "ARK_API_CONFLICT")) throw thrown;
    }
  }
  const startedMs = clock.monotonicMs();
  while (ofBackup().length > 0 && clock.monotonicMs() - startedMs < restoresGoMs) {
    await clock.sleep(lookEveryMs, signal);
  }
  return ofBackup().map(
    ({ metadata: { name } }) =>
      `restore "${name}" of the backup is being deleted and has not gone in ${restoresGoMs / 1000} s: its Events say why`,
  );
}

interface Prepared {
  readonly removeNatives: () => Promise<number>;
  readonly removeSnapshots: () => Promise<number>;
}

/**
 * What will be refused is refused before anything is done: what a delete action did cannot be taken
 * back. `errors`: why nothing can be deleted.
 */
async function prepare(
  { metadata: { name } }: LiveBackup,
  store: ObjectStore,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<Prepared | { readonly errors: readonly string[] }> {
  const { clock, cluster, snapshotLocations } = context;
  try {
    await checkDeletion(store, name, deletionOptions(context, signal));
  } catch (thrown) {
    signal.throwIfAborted();
    const errors = filesStay(store, thrown);
    if (errors.length > 0) return { errors };
  }
  const nativesGone = snapshotLocations !== undefined;
  const none = async (): Promise<number> => 0;
  let removeNatives = none;
  try {
    if (nativesGone) {
      const locations = async () => snapshotLocations();
      removeNatives = await prepareNatives(name, { store, clock, locations }, signal);
    }
  } catch (thrown) {
    signal.throwIfAborted();
    return { errors: [sentenceOf(thrown)] };
  }
  try {
    const asked = { store, cluster: async () => cluster, clock, nativesGone };
    return { removeNatives, removeSnapshots: await prepareSnapshots(name, asked, signal) };
  } catch (thrown) {
    signal.throwIfAborted();
    const errors = filesStay(store, thrown);
    return errors.length > 0 ? { errors } : { removeNatives, removeSnapshots: none };
  }
}

const deletionOptions = ({ snapshotLocations }: ControllerContext, signal: AbortSignal) => ({
  signal,
  evenIfOwned: true,
  goOn: true,
  snapshotsGone: true,
  nativesGone: snapshotLocations !== undefined,
});

function filesStay(store: ObjectStore, thrown: unknown): readonly string[] {
  if (hasCode(thrown, "ARK_BACKUP_NOT_FOUND")) return [];
  return [`the files of the backup in ${store.display}: ${sentenceOf(thrown)}`];
}

async function deleteFiles(
  backup: LiveBackup,
  { store, removeSnapshots }: Pick<Prepared, "removeSnapshots"> & { readonly store: ObjectStore },
  context: ControllerContext,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { name } = backup.metadata;
  try {
    await removeSnapshots();
    const left = await discardOfFailedRun(backup, store, context, signal);
    if (left.length > 0) return left;
    const deleted = await deleteBackup(store, name, deletionOptions(context, signal));
    tellHidden(backup, deleted, context);
    return leftKeys(deleted);
  } catch (thrown) {
    signal.throwIfAborted();
    return filesStay(store, thrown);
  }
}

/** A run that failed removes its snapshots itself, as far as it could. */
async function discardOfFailedRun(
  { metadata: { name, uid = "" } }: LiveBackup,
  store: ObjectStore,
  { clock, cluster, log }: ControllerContext,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if ((await store.head(backupKeys(name).seal, { signal })) !== undefined) return [];
  const kinds = snapshotKinds((await cluster.discover({ signal })).kinds);
  if (kinds === undefined || uid === "") return [];
  const api = createSnapshotApi(cluster, kinds);
  const left = await discardRunSnapshots(uid, { api, clock, log }, signal);
  if (left === 0) return [];
  return [
    `CSI snapshots of its run could not be removed: kubectl get volumesnapshots -A -l ${labels.runUid}=${uid}`,
  ];
}

/** Answers why it failed, if it did. */
async function orSentence(
  work: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    await work();
    return [];
  } catch (thrown) {
    signal.throwIfAborted();
    return [sentenceOf(thrown)];
  }
}

function sentenceOf(thrown: unknown): string {
  const { code, message, answer } = toArkError(thrown);
  const said = answer === undefined ? "" : `: ${answer}`;
  return `${message}${said} [${code}]`;
}

function leftKeys({ left = [] }: DeletedBackup): readonly string[] {
  const named = left
    .slice(0, maxNamedKeys)
    .map(({ key, error }) => `"${key}": ${error.message} [${error.code}]`);
  const more = left.length - named.length;
  return more > 0 ? [...named, `and ${more} more objects of the backup`] : named;
}

/** Object lock: a deletion there frees nothing yet. */
function tellHidden(
  backup: LiveBackup,
  { hidden }: DeletedBackup,
  { events, log }: Pick<ControllerContext, "events" | "log">,
): void {
  if (hidden === undefined) return;
  const day = (date: Date): string => date.toISOString().slice(0, 10);
  const until =
    hidden.until === undefined
      ? "until somebody removes its versions"
      : `until ${day(hidden.until)}`;
  const freed = hidden.freedAbout === undefined ? "" : `, freed about ${day(hidden.freedAbout)}`;
  const message = `hidden ${until}${freed}: the bucket keeps ${hidden.bytes} bytes of the deleted backup`;
  events.record(backup, { type: "Normal", reason: "DataHidden", message });
  log.write("info", message, { backup: backup.metadata.name });
}

/** One that was not begun is deleted only as it was seen: it may have begun since. */
async function removeBackup(
  { metadata, status }: LiveBackup,
  { cluster, namespace }: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const { name, uid = "", resourceVersion = "" } = metadata;
  const seen = deletability(status?.phase) === "unbegun";
  await cluster.remove(
    { kind: resourceKindOf(backupKind), namespace, name },
    { signal, uid, ...(seen ? { resourceVersion } : {}) },
  );
}
