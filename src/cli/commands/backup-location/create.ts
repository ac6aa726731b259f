import type { Invocation } from "../../command-spec.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import { inServerMode } from "../../server-mode/server-access.ts";

/** Makes a location of the server. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const { createLocation } = await import("../../server-mode/location/locations.ts");
  return await inServerMode(
    invocation,
    "locations to create (a standalone one is named by ark-ts backup-location set)",
    createLocation,
  );
}
