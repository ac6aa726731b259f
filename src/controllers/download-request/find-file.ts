import type { BackupStorageLocation } from "../../api/backup-storage-location.ts";
import type { DownloadRequest } from "../../api/download-request.ts";
import { annotations, labels } from "../../api/labels.ts";
import { downloadKey, ownDownloadKey } from "../../format/download-keys.ts";
import { toArkError } from "../../lib/errors.ts";
import { objectKey } from "../../runtime/object-key.ts";
import type { ControllerContext, LiveBackup, LiveRestore } from "../controller-context.ts";

type Looking = Pick<ControllerContext, "caches" | "namespace">;

/** Where the file of a request lies: files of a Restore are in the location of its Backup. */
export function findFile(
  { metadata, spec: { target } }: DownloadRequest,
  context: Looking,
):
  | { readonly location: BackupStorageLocation; readonly key: string }
  | { readonly problem: string } {
  const { caches, namespace } = context;
  let file: ReturnType<typeof downloadKey>;
  try {
    file = downloadKey(target);
  } catch (thrown) {
    return { problem: toArkError(thrown).message };
  }
  let backupName = target.name;
  let restore: LiveRestore | undefined;
  if (file.of === "Restore") {
    restore = caches.restores.get(objectKey({ namespace, name: target.name }));
    if (restore === undefined) return missing("Restore", target.name);
    backupName = restore.spec.backupName ?? "";
  }
  const backup = caches.backups.get(objectKey({ namespace, name: backupName }));
  if (backup === undefined) return missing("Backup", backupName);
  const own = metadata.annotations?.[annotations.ownFile];
  const { uid = "" } = (restore ?? backup).metadata;
  let { key } = file;
  try {
    if (own !== undefined) key = ownDownloadKey(own, target, uid);
  } catch (thrown) {
    return { problem: toArkError(thrown).message };
  }
  const name = locationName(backup);
  const location = caches.locations.get(objectKey({ namespace, name }));
  return location === undefined ? missing("backup storage location", name) : { location, key };
}

function locationName({ spec, metadata }: LiveBackup): string {
  return spec.storageLocation ?? metadata.labels?.[labels.storageLocation] ?? "";
}

function missing(what: string, name: string): { readonly problem: string } {
  return { problem: `there is no ${what} ${JSON.stringify(name)} here` };
}
