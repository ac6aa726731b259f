import type { Invocation } from "../../command-spec.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import { inServerMode } from "../../server-mode/server-access.ts";

/** Cancels a restore of the server; one that runs here is cancelled by Ctrl-C. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const { cancelRestore } = await import("../../server-mode/restore/cancel.ts");
  return await inServerMode(invocation, "restores to cancel", cancelRestore);
}
