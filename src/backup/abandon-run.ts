import type { BackupSpec } from "../api/backup.ts";
import { deleteBackup } from "../catalog/delete-backup.ts";
import { lastRecord, removeTraces } from "../catalog/name-claim.ts";
import { listThaws } from "../catalog/thaw-records.ts";
import { runFolder } from "../format/keys.ts";
import { hasCode } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import {
  createSnapshotApi,
  type SnapshotCluster,
  snapshotKinds,
} from "../volumes/csi/snapshot-api.ts";
import { discardRunSnapshots } from "../volumes/discard-snapshots.ts";
import { backupNames } from "./backup-names.ts";
import { abortUpload, discardRun } from "./discard-run.ts";
import { payThaw, type ThawPorts } from "./hooks/pay-thaws.ts";

export interface AbandonedRun {
  readonly name: string;
  readonly runUid: string;
  readonly spec: BackupSpec;
}

export interface AbandonPorts extends ThawPorts {
  /** Where its snapshots were made. */
  readonly snapshots: SnapshotCluster;
  readonly clock: Clock;
  readonly log: Pick<Log, "write">;
}

/**
 * Ends a run for good that nobody executes and that has sealed nothing: what its pods are owed is
 * paid as far as it can be, its CSI snapshots are removed likewise (native ones by `discardNatives`, before it), and everything it has in the store is removed. What is sealed under the
 * name, or another run has, stays: buckets are shared. Errors: those of the store.
 */
export async function abandonRun(
  { name, runUid, spec }: AbandonedRun,
  ports: AbandonPorts,
  signal: AbortSignal,
): Promise<void> {
  const { store } = ports;
  const { thaws } = await listThaws(store, signal, name);
  for (const stored of thaws.filter((one) => one.runUid === runUid)) {
    const options = { resources: spec.hooks?.resources ?? [], runUndeclared: false };
    await payThaw(stored, ports, options, signal);
  }
  if ((await holderOf(name, ports, signal)) === runUid) {
    await discardSnapshots(runUid, ports, signal);
    await removeLeftovers(name, runUid, { store, nativesGone: true }, signal);
    await discardRun(store, name, runUid, signal);
    return;
  }
  await abortUpload(store, name, runUid, signal);
  const journal = { folder: () => runFolder(runUid) };
  await removeTraces(journal, name, undefined, { store, signal });
}

/** What cannot be removed is logged: it has the label of the run. */
async function discardSnapshots(
  runUid: string,
  { cluster, snapshots, clock, log }: AbandonPorts,
  signal: AbortSignal,
): Promise<void> {
  const kinds = snapshotKinds((await cluster.discover({ signal })).kinds);
  if (kinds === undefined) return;
  const api = createSnapshotApi(snapshots, kinds);
  await discardRunSnapshots(runUid, { api, clock, log }, signal);
}

/** What lies under the name, which no seal stands for and no other run has. */
export async function removeLeftovers(
  name: string,
  runUid: string,
  ports: Pick<ThawPorts, "store"> & { readonly nativesGone?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { nativesGone = false } = ports;
  const holder = await holderOf(name, ports, signal);
  if (holder !== undefined && holder !== runUid) return;
  try {
    const gone = { snapshotsGone: true, nativesGone };
    const how = { signal, evenIfOwned: true, onlyUnsealed: true, ...gone };
    await deleteBackup(ports.store, name, how);
  } catch (thrown) {
    const isLeft = hasCode(thrown, "ARK_BACKUP_NOT_FOUND") || hasCode(thrown, "ARK_NAME_TAKEN");
    if (!isLeft) throw thrown;
  }
}

/** The uid of the run that has the name: `sealed` for what is finished, undefined for nobody. */
async function holderOf(
  name: string,
  { store }: Pick<ThawPorts, "store">,
  signal: AbortSignal,
): Promise<string | undefined> {
  const last = await lastRecord(backupNames, name, store, signal);
  const done = await backupNames.findDone(name, store, signal);
  return done === undefined ? last?.record.runUid : "sealed";
}
