import { type Backup, backupKind } from "../../api/backup.ts";
import { type CustomResource, resourceKindOf } from "../../api/custom-resource.ts";
import { fieldManager } from "../../api/field-manager.ts";
import { annotations } from "../../api/labels.ts";
import { podVolumeBackupKind } from "../../api/pod-volume-backup.ts";
import { readSeal } from "../../catalog/read-seal.ts";
import { readStored } from "../../catalog/read-stored.ts";
import { isSameBackup } from "../../domain/same-backup.ts";
import { toIncomingTransfers } from "../../domain/sync/incoming-transfers.ts";
import type { KnownBackup } from "../../domain/sync/plan-sync.ts";
import { type IncomingContext, toIncoming } from "../../domain/sync/toward-cluster.ts";
import { backupKeys, isResourceName } from "../../format/keys.ts";
import { decodeList } from "../../format/side-files.ts";
import { hasCode, toArkError } from "../../lib/errors.ts";
import { jsonBytes } from "../../lib/json-text.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { ObjectStore } from "../../ports/object-store.ts";

/** One place that is looked into, and the cluster that is to know of it. */
export interface SyncTarget {
  readonly store: ObjectStore;
  readonly cluster: Pick<Cluster, "create" | "patch">;
  readonly incoming: IncomingContext;
  /** As of `placeOfLocation`. */
  readonly place: string;
}

export type TakenIn =
  | { readonly outcome: "created" | "known" | "finished" | "no-seal" }
  | { readonly outcome: "wait"; readonly until?: Date }
  | { readonly outcome: "refused"; readonly problem: string };

/** As much of a compressed list is read. */
const maxListBytes = 4 * 1024 * 1024;

/** Why a Backup of the cluster and the files of its name do not belong together. */
export const filesOfAnother =
  "its files are those of another backup than the Backup of this name in the cluster";

/** What is wrong with this one backup and says nothing about the others. */
const itsOwnFault = [
  ...["ARK_BACKUP_FORMAT", "ARK_BACKUP_DAMAGED", "ARK_NAME_INVALID", "ARK_API_INVALID"],
] as const;

/**
 * Creates the Backup that only the bucket knows, with the PodVolumeBackups that it lists. Cut short,
 * the Backup lacks the mark of its place, and {@link markBackup} does the rest. Errors: those of the
 * store and the API server that are not this backup's fault.
 */
export async function takeInBackup(
  target: SyncTarget,
  name: string,
  signal: AbortSignal,
): Promise<TakenIn> {
  return await unlessRefused(signal, async () => {
    const incoming = toIncoming(await readSeal(target.store, name, signal), target.incoming);
    if (incoming.action === "wait") return { ...incoming, outcome: "wait" };
    if (incoming.action === "refuse") return { outcome: "refused", problem: incoming.problem };
    const listed = await listTransfers(target, name, signal);
    const { backup } = incoming;
    const body = listed.length === 0 ? marked(backup, target.place) : backup;
    const uid = await createUnlessThere(target, backupKind, body, signal);
    if (uid === undefined) return { outcome: "known" };
    if (listed.length > 0) await finish(target, { name, uid }, listed, signal);
    return { outcome: "created" };
  });
}

/**
 * Marks a Backup of the cluster with the place of its files, after what was left to do for it; the
 * files may be those of another backup of this name, which is then refused.
 */
export async function markBackup(
  target: SyncTarget,
  known: KnownBackup,
  signal: AbortSignal,
): Promise<TakenIn> {
  const { name, uid = "" } = known.metadata;
  return await unlessRefused(signal, async () => {
    const sealed = await readSeal(target.store, name, signal);
    if (!isSameBackup(known, sealed)) {
      return { outcome: "refused", problem: filesOfAnother };
    }
    const listed = await listTransfers(target, name, signal);
    await finish(target, { name, uid }, listed, signal);
    return { outcome: "known" };
  });
}

/** What is wrong with this one backup alone is told of it, and stops nothing. */
export async function unlessRefused(
  signal: AbortSignal,
  work: () => Promise<TakenIn>,
): Promise<TakenIn> {
  try {
    return await work();
  } catch (thrown) {
    signal.throwIfAborted();
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return { outcome: "no-seal" };
    const error = toArkError(thrown);
    if (!itsOwnFault.some((code) => code === error.code)) throw thrown;
    return { outcome: "refused", problem: error.message };
  }
}

async function listTransfers(
  { store }: SyncTarget,
  name: string,
  signal: AbortSignal,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const key = backupKeys(name).podVolumeBackups;
  try {
    return await decodeList(await readStored(store, key, maxListBytes, signal), key);
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return [];
    throw thrown;
  }
}

async function finish(
  target: SyncTarget,
  backup: { readonly name: string; readonly uid: string },
  listed: readonly Readonly<Record<string, unknown>>[],
  signal: AbortSignal,
): Promise<void> {
  const { incoming, cluster, place } = target;
  const { namespace, location } = incoming;
  const context = { namespace, location, backup, isName: isResourceName };
  for (const transfer of toIncomingTransfers(listed, context).transfers) {
    try {
      await createUnlessThere(target, podVolumeBackupKind, transfer, signal);
    } catch (thrown) {
      // One entry that is no PodVolumeBackup.
      if (!hasCode(thrown, "ARK_API_INVALID")) throw thrown;
    }
  }
  const patch = { metadata: { uid: backup.uid, annotations: { [annotations.storedAt]: place } } };
  const ref = { kind: resourceKindOf(backupKind), namespace, name: backup.name };
  try {
    await cluster.patch(ref, "merge", jsonBytes(patch), { signal, fieldManager });
  } catch (thrown) {
    // It is gone, or another one has its name: there is nothing to mark.
    if (!hasCode(thrown, "ARK_API_NOT_FOUND") && !hasCode(thrown, "ARK_API_CONFLICT")) throw thrown;
  }
}

/** Its uid; undefined where the name is taken. */
async function createUnlessThere(
  { cluster, incoming: { namespace } }: SyncTarget,
  kind: CustomResource,
  resource: { readonly metadata: { readonly name: string } },
  signal: AbortSignal,
): Promise<string | undefined> {
  const ref = { kind: resourceKindOf(kind), namespace, name: resource.metadata.name };
  try {
    const { uid } = await cluster.create(ref, jsonBytes(resource), { signal, fieldManager });
    return uid;
  } catch (thrown) {
    if (hasCode(thrown, "ARK_API_CONFLICT")) return undefined;
    throw thrown;
  }
}

function marked(backup: Backup, place: string): Backup {
  const { metadata } = backup;
  const all = { ...metadata.annotations, [annotations.storedAt]: place };
  return { ...backup, metadata: { ...metadata, annotations: all } };
}
