import { backupKind } from "../../api/backup.ts";
import { resourceKindOf } from "../../api/custom-resource.ts";
import { labels } from "../../api/labels.ts";
import { readResource } from "../../api/read-resource.ts";
import type { Schedule } from "../../api/schedule.ts";
import {
  fromSchedule,
  runMarks,
  scheduledFor,
  timestampedName,
} from "../../domain/schedules/backup-of-schedule.ts";
import { lastDone, type ScheduleState } from "../../domain/schedules/decide-run.ts";
import { type BackupOfSchedule, findUnfinished } from "../../domain/schedules/unfinished-backup.ts";
import { hasCode } from "../../lib/errors.ts";
import { jsonBytes } from "../../lib/json-text.ts";
import { listAll } from "../../runtime/list-all.ts";
import type { ControllerContext } from "../controller-context.ts";
import { writeScheduleStatus } from "./schedule-status.ts";

const kind = resourceKindOf(backupKind);
const pageSize = 500;
/** Names that somebody else has taken are passed by, a second each. */
const maxNames = 10;

/** For which of its times, and when it is made. */
export interface DueRun {
  readonly dueAt: Date;
  readonly now: Date;
  readonly state: ScheduleState;
}

export type MadeBackup =
  | { readonly outcome: "made"; readonly name: string }
  /** An earlier look, or an earlier leader, had made it; the status had not been written. */
  | { readonly outcome: "was-made"; readonly name: string }
  | { readonly outcome: "held"; readonly behind: string };

/**
 * Makes the Backup of a time and writes that it was made. Asks the API server, not the cache, what
 * there is of the Schedule: the caches may be behind its own writes.
 */
export async function makeBackup(
  context: ControllerContext,
  schedule: Schedule,
  run: DueRun,
  signal: AbortSignal,
): Promise<MadeBackup> {
  const backups = await listBackups(context, schedule, signal);
  const done = lastMade(schedule, backups, lastDone(run.state));
  if (done !== undefined) {
    await writeScheduleStatus(context, schedule, { problems: [], lastBackup: done.at }, signal);
    return { outcome: "was-made", name: done.name };
  }
  const behind = findUnfinished(schedule.metadata.name, backups);
  if (behind !== undefined) return { outcome: "held", behind };
  const name = await create(context, schedule, run, signal);
  const lastBackup = new Date(Math.max(run.now.getTime(), run.dueAt.getTime()));
  await writeScheduleStatus(context, schedule, { problems: [], lastBackup }, signal);
  return { outcome: "made", name };
}

async function listBackups(
  { cluster, namespace }: ControllerContext,
  { metadata }: Schedule,
  signal: AbortSignal,
): Promise<readonly BackupOfSchedule[]> {
  const found: BackupOfSchedule[] = [];
  const scope = { kind, namespace, labelSelector: `${labels.scheduleName}=${metadata.name}` };
  const take = ({ bytes }: { readonly bytes: Buffer }): void => {
    const { metadata: known, status } = readResource(backupKind, bytes);
    found.push({ metadata: known, ...(status !== undefined && { status }) });
  };
  await listAll(cluster, scope, pageSize, take, signal);
  return found;
}

/** The last one that was made for a time after `since`, of which the status knows nothing. */
function lastMade(
  schedule: Schedule,
  backups: readonly BackupOfSchedule[],
  since: Date,
): { readonly name: string; readonly at: Date } | undefined {
  return backups
    .flatMap((backup) => {
      const dueAt = scheduledFor(backup, schedule);
      if (dueAt === undefined || dueAt <= since) return [];
      const madeAt = Date.parse(backup.metadata.creationTimestamp ?? "");
      // The clock of the API server may be behind ours.
      const at = new Date(Math.max(dueAt.getTime(), Number.isNaN(madeAt) ? 0 : madeAt));
      return [{ name: backup.metadata.name, at }];
    })
    .sort((one, other) => other.at.getTime() - one.at.getTime())[0];
}

async function create(
  { cluster, namespace }: ControllerContext,
  schedule: Schedule,
  run: DueRun,
  signal: AbortSignal,
): Promise<string> {
  const { spec, annotations, ...metadata } = fromSchedule(schedule);
  for (let attempt = 0; ; attempt += 1) {
    const name = timestampedName(
      schedule.metadata.name,
      new Date(run.dueAt.getTime() + attempt * 1000),
    );
    const body = {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: {
        name,
        namespace,
        ...metadata,
        annotations: { ...annotations, ...runMarks(schedule, run.dueAt) },
      },
      spec,
    };
    try {
      const ref = { kind, namespace, name };
      await cluster.create(ref, jsonBytes(body), { signal });
      return name;
    } catch (error) {
      if (!hasCode(error, "ARK_API_CONFLICT")) throw error;
      const other = await cluster.get({ kind, namespace, name }, { signal });
      const made = other && scheduledFor(readResource(backupKind, other.bytes), schedule);
      // The request of an earlier leader that arrived after the list.
      if (made?.getTime() === run.dueAt.getTime()) return name;
      if (attempt + 1 >= maxNames) throw error;
    }
  }
}
