/** The end of a testbed, whoever started it. */
import { endProcesses, readState, removeInstanceFolder } from "./instance-folder.ts";
import { releaseMachine } from "./node/leftovers.ts";
import type { NodeDetails } from "./node/node-access.ts";

/** Ends the testbed in `folder` and leaves nothing of it. Safe to call twice. */
export async function destroyInstance(folder: string, graceMs = 5_000): Promise<void> {
  const state = readState(folder);
  await endProcesses(folder, graceMs);
  if (state?.kind === "node") {
    const { controlPlane } = (state.details ?? {}) as Partial<NodeDetails>;
    // Without grace: its API server would wait for the connections of the node, which is gone.
    if (controlPlane !== undefined) await destroyInstance(controlPlane, 0);
    await releaseMachine(folder);
  }
  removeInstanceFolder(folder);
}
