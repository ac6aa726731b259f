import {
  ArkError,
  type VolumeSnapshotterContext,
} from "../../src/plugin-sdk/volume-snapshotter.ts";
import type { Compute } from "./compute.ts";
import { getSnapshot, ifThere, snapshotPath } from "./look-up.ts";
import { pauseAfter, progress } from "./make-once.ts";
import { pathOf } from "./names.ts";
import { type Operation, readOperation } from "./resources.ts";

/** Google removes one in seconds; what takes longer is left to it. */
const limitMs = 120_000;

/**
 * Idempotent: one that is gone counts as removed; so does one that Google has been removing for two
 * minutes. Errors: those of `compute.call`, and that the removal has failed.
 */
export async function removeSnapshot(
  name: string,
  compute: Compute,
  { clock, log }: Pick<VolumeSnapshotterContext, "clock" | "log">,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const project = await compute.snapshotProject(signal);
  const attempt = { operation: "snapshots.delete", subject: `snapshot ${JSON.stringify(name)}` };
  const request = {
    method: "DELETE",
    path: snapshotPath(project, name),
    waitsForReady: true,
  } as const;
  const answer = await ifThere(compute.call(attempt, request, signal));
  if (answer === undefined) return;
  const home = `projects/${pathOf(project)}/global`;
  const endMs = clock.monotonicMs() + limitMs;
  let operation: Operation | undefined = readOperation(answer);
  for (let round = 1; ; round += 1) {
    if (operation !== undefined) {
      operation = await progress(attempt, operation, home, compute, signal);
    }
    const found = await ifThere(getSnapshot(compute, name, signal));
    if (found === undefined) return;
    if (clock.monotonicMs() >= endMs) {
      if (found.status !== "DELETING") throw notRemoved(name, found.status, compute.display);
      log?.write("info", "a provider is still removing it; it is not waited for", {
        snapshot: name,
      });
      return;
    }
    await clock.sleep(pauseAfter(round), signal);
  }
}

function notRemoved(name: string, status: string, display: string): ArkError {
  return new ArkError(
    "ARK_PROVIDER_FAILED",
    `${display} cannot delete snapshot ${JSON.stringify(name)}`,
    {
      answer: `Google accepted it, and two minutes later the snapshot is ${status}`,
      advice: "look at the project's operations at Google for the reason, and delete it again",
    },
  );
}
