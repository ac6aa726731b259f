import type { Invocation } from "../../command-spec.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import { inServerMode } from "../../server-mode/server-access.ts";

/** Changes a snapshot location of the server. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const { setSnapshotLocation } = await import("../../server-mode/snapshot-locations.ts");
  return await inServerMode(invocation, "snapshot locations", setSnapshotLocation);
}
