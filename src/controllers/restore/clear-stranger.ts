import { removeTraces } from "../../catalog/name-claim.ts";
import { restoreRecordIfReadable, restoreRecords } from "../../catalog/restore-records.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { keepMissing } from "../../restore/record/remove-restore-files.ts";
import type { ControllerContext, LiveRestore } from "../controller-context.ts";
import { isOfThisServer } from "../left-run.ts";

/**
 * Removes the journal of a Restore that had this name, was taken away with its finalizer, and that
 * nobody runs any more: else the new one would be refused, or go on with the work of the old one.
 * Where only that journal has objects of the cluster, its record is written, and the name is taken.
 */
export async function clearStranger(
  { metadata: { name, namespace = "", uid } }: LiveRestore,
  store: ObjectStore,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const record = await restoreRecordIfReadable(store, name, signal);
  if (record === undefined || record.runUid === uid) return;
  if (!isOfThisServer(record, context)) return;
  const { clock, log } = context;
  const ports = { store, clock, log };
  if ((await keepMissing({ name, namespace }, record, ports, signal)).length > 0) return;
  await removeTraces(restoreRecords, name, record.runUid, { store, signal });
}
