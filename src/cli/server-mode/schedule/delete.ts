import { scheduleKind } from "../../../api/schedule.ts";
import { confirmed } from "../../confirmation.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { checkOneChoice } from "../../one-choice.ts";
import { counted } from "../../render/amounts.ts";
import type { Session } from "../../session.ts";
import { chosenResources } from "../chosen-resources.ts";
import { placeOf, resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

/** Deletes Schedules; what they have made stays. */
export async function deleteSchedules(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { args, flags, environment } = session.invocation;
  checkOneChoice(session.invocation, "schedules");
  const schedules = resourcesOf(scheduleKind, server, session.signal);
  const chosen = await chosenResources(schedules, {
    names: args,
    selector: flags.text("selector"),
  });
  if (chosen.length === 0) {
    environment.stdout.write(`no schedules in ${placeOf(server)}; nothing was done\n`);
    return exitStatus.done;
  }
  const names = chosen.map(({ metadata }) => metadata.name).join(", ");
  const question = `Delete ${counted(chosen.length, "schedule")} of ${placeOf(server)}: ${names}? Their backups stay.`;
  if (!(await confirmed(session, question))) return exitStatus.failed;
  for (const { metadata } of chosen) {
    const { name, uid } = metadata;
    await schedules.remove(name, uid);
    environment.stdout.write(`schedule ${name} deleted; its backups stay\n`);
  }
  return exitStatus.done;
}
