import { backupKind } from "../../api/backup.ts";
import type { BackupStorageLocation } from "../../api/backup-storage-location.ts";
import { kubeTime } from "../../api/kube-time.ts";
import { annotations, labels } from "../../api/labels.ts";
import { defaultsOf, ttlMsOf } from "../../domain/backups/backup-defaults.ts";
import { labelValue } from "../../domain/label-value.ts";
import type { ControllerContext, LiveBackup } from "../controller-context.ts";
import { readAnew } from "../read-kind.ts";
import { checkBackup } from "./check-backup.ts";
import { dropOvertaken } from "./drop-overtaken.ts";
import { writePhase } from "./status-of-backup.ts";

/**
 * Checks a Backup whose turn has come. In order, it is InProgress then and answered as it stands;
 * undefined: it is not, or no longer there. Errors: those of reading that pass.
 */
export async function beginBackup(
  backup: LiveBackup,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<LiveBackup | undefined> {
  if (await dropOvertaken(backup, context, signal)) return undefined;
  const checked = await checkBackup(backup, context, signal);
  if ("violations" in checked) {
    const { violations, location } = checked;
    // It expires as others do: a schedule that is wrong would pile them up for ever.
    const fields = {
      version: 1,
      expiration: expirationOf(backup, context),
      validationErrors: violations,
      queuePosition: undefined,
    };
    // Where clients look for files of it, be there some or not.
    const also = location === undefined ? {} : placeOf(location);
    await writePhase(backup, "FailedValidation", fields, context, { ...also, signal });
    const message = violations.join("; ");
    context.events.record(backup, { type: "Warning", reason: "BackupInvalid", message });
    return undefined;
  }
  const { location, snapshotLocations } = checked;
  const { volumeSnapshotLocations: named = [] } = backup.spec;
  const defaults = {
    ...defaultsOf(backup.spec, location, context.settings),
    ...(snapshotLocations.length > named.length && {
      volumeSnapshotLocations: [...snapshotLocations],
    }),
  };
  const { gitVersion, major, minor } = await context.cluster.identity({ signal });
  const fields = {
    version: 1,
    startTimestamp: kubeTime(context.clock.now()),
    expiration: expirationOf(backup, context),
    queuePosition: undefined,
  };
  const also = {
    ...placeOf(location),
    annotations: {
      [annotations.sourceGitVersion]: gitVersion,
      [annotations.sourceMajorVersion]: major,
      [annotations.sourceMinorVersion]: minor,
    },
    spec: defaults,
  };
  await writePhase(backup, "InProgress", fields, context, { ...also, signal });
  return await readAnew(backupKind, backup, context, signal);
}

function expirationOf({ spec }: LiveBackup, { clock, settings }: ControllerContext): string {
  return kubeTime(new Date(clock.now().getTime() + ttlMsOf(spec, settings)));
}

function placeOf({ metadata: { name } }: BackupStorageLocation) {
  return {
    labels: { [labels.storageLocation]: labelValue(name) },
    spec: { storageLocation: name },
  };
}
