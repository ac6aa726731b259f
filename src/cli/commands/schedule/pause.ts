import type { Invocation } from "../../command-spec.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import { checkOneChoice } from "../../one-choice.ts";
import { inScheduleServer } from "../../server-mode/schedule/in-schedule-server.ts";

/** `schedule pause` and `schedule unpause`. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  checkOneChoice(invocation, "schedules");
  const { pauseSchedules } = await import("../../server-mode/schedule/pause.ts");
  return await inScheduleServer(invocation, pauseSchedules);
}
