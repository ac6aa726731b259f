import type { Invocation } from "../../command-spec.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import { inScheduleServer } from "../../server-mode/schedule/in-schedule-server.ts";
import { usageError } from "../../usage-error.ts";

export async function run(invocation: Invocation): Promise<ExitStatus> {
  if (!invocation.flags.has("schedule")) {
    throw usageError(
      "--schedule is missing: when are backups to be made?",
      'such as --schedule "0 3 * * *"',
    );
  }
  const { createSchedule } = await import("../../server-mode/schedule/create.ts");
  return await inScheduleServer(invocation, createSchedule);
}
