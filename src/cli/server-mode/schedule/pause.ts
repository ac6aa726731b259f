import { scheduleKind } from "../../../api/schedule.ts";
import { given } from "../../backup-spec-of-flags.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import type { Session } from "../../session.ts";
import { chosenResources } from "../chosen-resources.ts";
import { placeOf, resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

/** `schedule pause` and `schedule unpause`, by the words of the command. */
export async function pauseSchedules(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { args, flags, environment, path } = session.invocation;
  const paused = path[1] === "pause";
  const word = paused ? "paused" : "unpaused";
  const schedules = resourcesOf(scheduleKind, server, session.signal);
  const chosen = await chosenResources(schedules, {
    names: args,
    selector: flags.text("selector"),
  });
  if (chosen.length === 0) environment.stdout.write(`no schedules in ${placeOf(server)}\n`);
  for (const { metadata, spec } of chosen) {
    if ((spec.paused ?? false) === paused && !flags.has("skip-immediately")) {
      environment.stdout.write(`schedule ${metadata.name} is ${word} already\n`);
      continue;
    }
    const change = { paused, ...given("skipImmediately", flags.boolean("skip-immediately")) };
    await schedules.patch(metadata.name, { spec: change });
    environment.stdout.write(`schedule ${metadata.name} ${word}\n`);
  }
  return exitStatus.done;
}
