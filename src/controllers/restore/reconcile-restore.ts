import { isTerminal } from "../../api/phase-table.ts";
import { restoreKind } from "../../api/restore.ts";
import { restorePhases } from "../../api/restore-phases.ts";
import { isWaiting, nextStep } from "../../domain/restore/next-step.ts";
import type { Outcome } from "../../runtime/controller.ts";
import { type ObjectKey, splitKey } from "../../runtime/object-key.ts";
import type { ControllerContext } from "../controller-context.ts";
import type { Patience } from "../patience.ts";
import { readKind } from "../read-kind.ts";
import type { RunningRuns } from "../running-runs.ts";
import { beginRestore } from "./begin-restore.ts";
import { endRestore } from "./end-restore.ts";
import { executeRestore } from "./execute-restore.ts";
import { removeRestore, writeFinalizers } from "./remove-restore.ts";
import { cancelledStatus } from "./run-failure.ts";

/** Should no change tell that others are out of the way. */
const lookForTurnMs = 60_000;

export interface Reconciling {
  readonly running: RunningRuns;
  readonly patience: Patience;
  readonly leave: AbortSignal;
}

/**
 * Takes a Restore as far as it goes. Each step is chosen from the resource as the API server has
 * it: a cache may not know yet what this very process has written of it. `leave` aborts when the
 * run is to be left to another process.
 */
export async function reconcileRestore(
  key: ObjectKey,
  context: ControllerContext,
  { running, patience, leave }: Reconciling,
): Promise<Outcome | undefined> {
  let isOwn = false;
  for (;;) {
    const restore = await readKind(restoreKind, splitKey(key).name, context, leave);
    if (restore === undefined) return undefined;
    const phase = restore.status?.phase;
    switch (nextStep(restore)) {
      case "none":
        return undefined;
      case "hold":
        await writeFinalizers(restore, "add", context, leave);
        break;
      case "remove":
        // It holds a place in the queue no longer, though its bucket may be away.
        if (!isWaiting(phase) && !isTerminal(restorePhases, phase)) {
          await endRestore(restore, cancelled, context);
          break;
        }
        await removeRestore(restore, context, leave);
        return undefined;
      case "cancel":
        await endRestore(restore, cancelled, context);
        break;
      case "begin":
        if ((await beginRestore(restore, context, leave)) === "waits") {
          return { lookAgainAfterMs: lookForTurnMs };
        }
        isOwn = true;
        break;
      case "run":
        await running.run(key, restore, leave, (signal) =>
          executeRestore(restore, context, { signal, leave, isOwn, patience }),
        );
        break;
    }
  }
}

const cancelled = { status: cancelledStatus };
