import { backupKind } from "../../../api/backup.ts";
import { labels } from "../../../api/labels.ts";
import { scheduleKind } from "../../../api/schedule.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { describeSchedule } from "../../render/describe-schedule.ts";
import { listOrItem, printResource, toYaml } from "../../render/resource-output.ts";
import type { Session } from "../../session.ts";
import { chosenResources } from "../chosen-resources.ts";
import { resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

export async function describeSchedules(
  session: Session,
  server: ServerAccess,
): Promise<ExitStatus> {
  const { args, flags, environment } = session.invocation;
  const chosen = await chosenResources(resourcesOf(scheduleKind, server, session.signal), {
    names: args,
    selector: flags.text("selector"),
  });
  const backups = resourcesOf(backupKind, server, session.signal);
  const texts: string[] = [];
  for (const schedule of chosen) {
    const made = await backups.list(`${labels.scheduleName}=${schedule.metadata.name}`);
    const template = await toYaml(schedule.spec.template);
    texts.push(describeSchedule(schedule, { made, template, now: session.clock.now() }));
  }
  await printResource(environment, flags.text("output"), {
    value: listOrItem("Schedule", chosen, args.length === 1),
    table: () =>
      texts.length === 0 ? `no schedules in namespace ${server.namespace}\n` : texts.join("\n\n"),
    names: [],
  });
  return exitStatus.done;
}
