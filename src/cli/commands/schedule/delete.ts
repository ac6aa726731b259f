import type { Invocation } from "../../command-spec.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import { inScheduleServer } from "../../server-mode/schedule/in-schedule-server.ts";

export async function run(invocation: Invocation): Promise<ExitStatus> {
  const { deleteSchedules } = await import("../../server-mode/schedule/delete.ts");
  return await inScheduleServer(invocation, deleteSchedules);
}
