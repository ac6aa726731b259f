import { type ScheduleSpec, scheduleKind } from "../../../api/schedule.ts";
import { meaningNotes } from "../../../domain/cron/meaning-notes.ts";
import { nextTime } from "../../../domain/cron/next-time.ts";
import { checkSchedule } from "../../../domain/schedules/check-schedule.ts";
import { checkedName } from "../../../format/keys.ts";
import { given } from "../../backup-spec-of-flags.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { span } from "../../render/amounts.ts";
import { localTime } from "../../render/local-time.ts";
import { printResource } from "../../render/resource-output.ts";
import { unmadeResource } from "../../render/unmade-resource.ts";
import type { Session } from "../../session.ts";
import { usageError } from "../../usage-error.ts";
import { backupOfFlags } from "../backup/create.ts";
import { resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

/** Writes a Schedule, once all of it is right. */
export async function createSchedule(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { flags, environment, args } = session.invocation;
  const name = checkedName("schedule", args[0] ?? "");
  const schedule = flags.text("schedule") ?? "";
  const {
    spec: template,
    labels,
    annotations,
  } = await backupOfFlags(session.invocation, server.namespace);
  const spec: ScheduleSpec = {
    template,
    schedule,
    useOwnerReferencesInBackup: flags.boolean("use-owner-references-in-backup") ?? false,
    ...given("paused", flags.boolean("paused")),
    ...given("skipImmediately", flags.boolean("skip-immediately")),
  };
  const object = { name, labels, annotations, spec };
  const { cron, problems } = checkSchedule({
    apiVersion: "velero.io/v1",
    kind: "Schedule",
    metadata: { name },
    spec,
  });
  if (cron === undefined) throw usageError(problems.join("\n"));
  for (const note of meaningNotes(cron)) session.note(`note: ${note}`);
  if (flags.text("dry-run") === "client") {
    const unmade = unmadeResource("Schedule", { namespace: server.namespace, ...object });
    await printResource(environment, flags.text("output") ?? "yaml", unmade);
    return exitStatus.done;
  }
  const created = await resourcesOf(scheduleKind, server, session.signal).create(object);
  const now = session.clock.now();
  const next = nextTime(cron, now);
  const when =
    next === undefined
      ? "it never fires"
      : `next at ${localTime(next.toISOString())}, in ${span(next.getTime() - now.getTime())}`;
  await printResource(environment, flags.text("output"), {
    value: created,
    table: () => `schedule ${name} created; ${spec.paused === true ? "paused" : when}\n`,
    names: [`schedule/${name}`],
  });
  return exitStatus.done;
}
