import type { Invocation } from "../../command-spec.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import type { Session } from "../../session.ts";
import { inServerMode, type ServerAccess } from "../server-access.ts";

/** In a crontab a per cent sign ends the command. */
const withoutServer = String.raw`without one, let cron make backups with your own rights: 0 3 * * * ark-ts backup create nightly-$(date +\%Y\%m\%d\%H\%M\%S) --mode standalone`;

/** Schedules are worked on by a server only. Errors: ARK_USAGE, ARK_MODE_UNCLEAR. */
export async function inScheduleServer(
  invocation: Invocation,
  work: (session: Session, server: ServerAccess) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  return await inServerMode(invocation, "schedules", work, withoutServer);
}
