import { backupKind } from "../../api/backup.ts";
import { resourceKindOf } from "../../api/custom-resource.ts";
import { overtakenBy } from "../../domain/schedules/overtaken-backup.ts";
import { scheduleOf } from "../../domain/schedules/unfinished-backup.ts";
import { hasCode } from "../../lib/errors.ts";
import { valuesOf } from "../../runtime/object-cache.ts";
import { objectKey } from "../../runtime/object-key.ts";
import type { ControllerContext, LiveBackup } from "../controller-context.ts";

/**
 * Removes a Backup that has not begun and was made up already: what a Schedule has missed is made up
 * once. Answers whether it is not to begin.
 */
export async function dropOvertaken(
  backup: LiveBackup,
  { namespace, cluster, caches, events, log }: ControllerContext,
  signal: AbortSignal,
): Promise<boolean> {
  const by = overtakenBy(backup, valuesOf(caches.backups));
  if (by === undefined) return false;
  const { name, uid, resourceVersion } = backup.metadata;
  if (uid === undefined || resourceVersion === undefined) return false;
  const ref = { kind: resourceKindOf(backupKind), namespace, name };
  try {
    await cluster.remove(ref, { signal, uid, resourceVersion });
  } catch (thrown) {
    // It has changed since, and is looked at again.
    if (hasCode(thrown, "ARK_API_CONFLICT")) return true;
    throw thrown;
  }
  const message = `removed Backup ${name} before it began: it was asked for by a leader that is no more and came late, and Backup ${by} has made it up`;
  const schedule = caches.schedules.get(objectKey({ namespace, name: scheduleOf(backup) ?? "" }));
  events.record(schedule ?? backup, { type: "Normal", reason: "BackupMadeUp", message });
  log.write("info", message, { schedule: scheduleOf(backup) });
  return true;
}
