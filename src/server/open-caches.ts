import { backupKind } from "../api/backup.ts";
import { backupStorageLocationKind } from "../api/backup-storage-location.ts";
import { type CustomResource, type ResourceOf, resourceKindOf } from "../api/custom-resource.ts";
import { deleteBackupRequestKind } from "../api/delete-backup-request.ts";
import { downloadRequestKind } from "../api/download-request.ts";
import { readResource } from "../api/read-resource.ts";
import { restoreKind } from "../api/restore.ts";
import { scheduleKind } from "../api/schedule.ts";
import { serverStatusRequestKind } from "../api/server-status-request.ts";
import { volumeSnapshotLocationKind } from "../api/volume-snapshot-location.ts";
import type { Caches } from "../controllers/controller-context.ts";
import { createInformer, type Informer } from "../runtime/informer.ts";
import type { Life, Runnable } from "../runtime/life.ts";
import type { ReflectorPorts } from "../runtime/reflector.ts";

/** The caches, and the part that follows the namespace with them: ready once all are whole. */
export function openCaches(
  ports: ReflectorPorts,
  namespace: string,
): { readonly caches: Caches; readonly runnable: Runnable } {
  const informer = <Kind extends CustomResource>(kind: Kind): Informer<ResourceOf<Kind>> =>
    createInformer(ports, {
      kind: resourceKindOf(kind),
      namespace,
      keep: ({ bytes }) => readResource(kind, bytes),
    });
  const caches: Caches = {
    backups: informer(backupKind),
    restores: informer(restoreKind),
    schedules: informer(scheduleKind),
    locations: informer(backupStorageLocationKind),
    snapshotLocations: informer(volumeSnapshotLocationKind),
    deleteRequests: informer(deleteBackupRequestKind),
    downloadRequests: informer(downloadRequestKind),
    statusRequests: informer(serverStatusRequestKind),
  };
  return {
    caches,
    runnable: { name: "caches", run: (life, ready) => follow(caches, life, ready) },
  };
}

async function follow(caches: Caches, { stop }: Life, ready: () => void): Promise<void> {
  const all: readonly Informer<unknown>[] = Object.values(caches);
  const running = all.map((one) => one.run(stop));
  const synced = Promise.all(all.map((one) => one.whenSynced(stop)));
  // The end of `stop` is no failure: `running` ends then.
  synced.then(ready, () => undefined);
  await Promise.all(running);
}
