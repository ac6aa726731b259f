import {
  type DeleteBackupRequest,
  deleteBackupRequestKind,
} from "../../api/delete-backup-request.ts";
import { planRequests } from "../../domain/deletion.ts";
import { runController } from "../../runtime/controller.ts";
import type { Runnable } from "../../runtime/life.ts";
import { createWorkQueue } from "../../runtime/work-queue.ts";
import type { ControllerContext } from "../controller-context.ts";
import { readAnew } from "../read-kind.ts";
import { kindOfRequest, processRequest } from "./process-request.ts";

/** Backups at once: one whose store is slow holds up no other (velero#3701). */
const workers = 8;

const name = "delete-backup-request";

/** Works off DeleteBackupRequests; the key in its queue is the name of the backup. */
export function createDeleteBackupRequestController(context: ControllerContext): Runnable {
  const { caches, clock, log } = context;
  const queue = createWorkQueue(clock);
  caches.deleteRequests.onChange(({ after }) => {
    if (after !== undefined) queue.add(after.spec.backupName ?? "");
  });
  const requestsFor = (backup: string): readonly DeleteBackupRequest[] =>
    Array.from(caches.deleteRequests.entries(), ([, one]) => one).filter(
      ({ spec }) => (spec.backupName ?? "") === backup,
    );
  const reconcile = async (backup: string, signal: AbortSignal) => {
    const { active, superseded, lookAgainAfterMs } = planRequests(requestsFor(backup), clock.now());
    await remove(superseded, context, signal);
    const end = active && (await process(active, context, signal));
    // Those that came meanwhile have what they asked for.
    if (end === "deleted") await remove(requestsFor(backup), context, signal);
    return lookAgainAfterMs === undefined ? undefined : { lookAgainAfterMs };
  };
  return {
    name,
    async run(life, ready) {
      ready();
      await runController({ name, queue, reconcile, concurrency: workers, log }, life);
    },
  };
}

/** As it stands: the cache may not know yet what this very process has made of it. */
async function process(
  known: DeleteBackupRequest,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<"processed" | "deleted"> {
  const request = await readAnew(deleteBackupRequestKind, known, context, signal);
  if (request === undefined) return "processed";
  if (request.status?.phase === "Processed") return "processed";
  return await processRequest(request, context, signal);
}

async function remove(
  requests: readonly DeleteBackupRequest[],
  { cluster, namespace }: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  for (const { metadata } of requests) {
    const { name: one, uid = "" } = metadata;
    await cluster.remove({ kind: kindOfRequest, namespace, name: one }, { signal, uid });
  }
}
