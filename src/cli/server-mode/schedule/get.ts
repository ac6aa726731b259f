import { scheduleKind } from "../../../api/schedule.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { listOrItem, printResource } from "../../render/resource-output.ts";
import { renderSchedules } from "../../render/schedules-table.ts";
import type { Session } from "../../session.ts";
import { chosenResources } from "../chosen-resources.ts";
import { resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

export async function getSchedules(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { args, flags, environment } = session.invocation;
  const schedules = resourcesOf(scheduleKind, server, session.signal);
  const chosen = await chosenResources(schedules, {
    names: args,
    selector: flags.text("selector"),
  });
  await printResource(environment, flags.text("output"), {
    value: listOrItem("Schedule", chosen, args.length === 1),
    table: () =>
      renderSchedules(chosen, {
        namespace: server.namespace,
        now: session.clock.now(),
        painter: session.out,
      }),
    names: chosen.map(({ metadata }) => `schedule/${metadata.name}`),
  });
  return exitStatus.done;
}
