import { backupKind } from "../../api/backup.ts";
import {
  type BackupStorageLocation,
  backupStorageLocationKind,
} from "../../api/backup-storage-location.ts";
import { resourceKindOf } from "../../api/custom-resource.ts";
import { labels } from "../../api/labels.ts";
import { readResource } from "../../api/read-resource.ts";
import { labelValue } from "../../domain/label-value.ts";
import { newestCompleted } from "../../domain/restore/complete-spec.ts";
import { listAll } from "../../runtime/list-all.ts";
import type { ControllerContext, LiveBackup, LiveRestore } from "../controller-context.ts";
import { readLasting } from "../read-kind.ts";

/** What a Restore restores from, or why that is not known. Read anew: a cache may lag behind. */
export type RestoreSource =
  | { readonly backup: LiveBackup; readonly location: BackupStorageLocation }
  | { readonly problem: string };

type Reading = Pick<ControllerContext, "cluster" | "namespace">;

/** The Backup that a Restore names, or the newest completed one of its schedule. */
export async function findSource(
  { spec }: Pick<LiveRestore, "spec">,
  context: Reading,
  signal: AbortSignal,
): Promise<RestoreSource> {
  const { backupName: name = "", scheduleName: schedule = "" } = spec;
  if (name !== "" && schedule !== "") {
    return { problem: "a backup and a schedule cannot both be the source" };
  }
  if (name === "" && schedule === "") {
    return { problem: "a backup or a schedule must be named as the source" };
  }
  if (name !== "") return await sourceNamed(name, context, signal);
  const backups = await backupsOf(schedule, context, signal);
  const newest = newestCompleted(backups);
  if (newest !== undefined) return await sourceNamed(newest.metadata.name, context, signal);
  const known = backups.length === 0 ? "no backup" : `${backups.length} backups, none Completed`;
  return { problem: `schedule ${JSON.stringify(schedule)} has ${known}` };
}

/** The Backup of this name with its location. */
export async function sourceNamed(
  name: string,
  context: Reading,
  signal: AbortSignal,
): Promise<RestoreSource> {
  const backup = await readLasting(backupKind, name, context, signal);
  if (backup === undefined) return { problem: `there is no Backup ${JSON.stringify(name)}` };
  const { storageLocation = "" } = backup.spec;
  const location =
    storageLocation === ""
      ? undefined
      : await readLasting(backupStorageLocationKind, storageLocation, context, signal);
  if (location === undefined) {
    const where = JSON.stringify(storageLocation);
    return {
      problem: `Backup ${JSON.stringify(name)} lies in location ${where}, which is not there`,
    };
  }
  return { backup, location };
}

async function backupsOf(
  schedule: string,
  { cluster, namespace }: Reading,
  signal: AbortSignal,
): Promise<readonly LiveBackup[]> {
  const found: LiveBackup[] = [];
  const labelSelector = `${labels.scheduleName}=${labelValue(schedule)}`;
  const scope = { kind: resourceKindOf(backupKind), namespace, labelSelector };
  const take = ({ bytes }: { bytes: Buffer }) => void found.push(readResource(backupKind, bytes));
  await listAll(cluster, scope, 500, take, signal);
  return found;
}
