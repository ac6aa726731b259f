import type { BackupSpec } from "../../../api/backup.ts";
import { labels as veleroLabels } from "../../../api/labels.ts";
import { scheduleKind } from "../../../api/schedule.ts";
import { labelValue } from "../../../domain/label-value.ts";
import { fromSchedule, timestampedName } from "../../../domain/schedules/backup-of-schedule.ts";
import { checkedName } from "../../../format/keys.ts";
import { metadataOfFlags } from "../../metadata-of-flags.ts";
import type { Session } from "../../session.ts";
import { usageError } from "../../usage-error.ts";
import { type NewObject, resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

/** A Backup that is to be made. */
export type NewBackup = Required<NewObject> & { readonly spec: BackupSpec };

/** Flags that may stand beside `--from-schedule`: the template says all else. */
const beside: ReadonlySet<string> = new Set([
  ...["from-schedule", "labels", "annotations", "output", "dry-run", "wait", "mode", "namespace"],
  ...["kubeconfig", "context", "as", "as-group", "config-dir", "no-color", "debug"],
]);

/**
 * The Backup that the Schedule of `--from-schedule` would make now, under the name that was typed or
 * `SCHEDULE-YYYYMMDDhhmmss` (UTC). Errors: ARK_USAGE; that there is no such Schedule.
 */
export async function backupOfSchedule(session: Session, server: ServerAccess): Promise<NewBackup> {
  const { args, flags } = session.invocation;
  const other = flags.names().find((name) => !beside.has(name));
  if (other !== undefined) {
    throw usageError(
      `--${other} and --from-schedule cannot be used together: the schedule says what is taken`,
    );
  }
  const schedules = resourcesOf(scheduleKind, server, session.signal);
  const schedule = await schedules.get(flags.text("from-schedule") ?? "");
  const { labels, annotations, spec } = fromSchedule(schedule);
  const { metadata: _, ...backupSpec } = spec;
  const stamped = timestampedName(schedule.metadata.name, session.clock.now());
  const typed = metadataOfFlags(flags);
  return {
    name: checkedName("backup", args[0] ?? stamped),
    labels: {
      ...labels,
      ...typed.labels,
      [veleroLabels.scheduleName]: labelValue(schedule.metadata.name),
    },
    annotations: { ...annotations, ...typed.annotations },
    spec: backupSpec,
  };
}
