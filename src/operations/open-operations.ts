import type { ItemOperation } from "../api/item-operation.ts";
import { isOpen } from "../domain/operations/item-operation.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { createKnownOperations } from "./known-operations.ts";
import { createOperationJournal } from "./operation-journal.ts";

/** Operations that a run has begun and of which nobody has seen the end. Errors: ARK_BACKUP_DAMAGED. */
export async function listOpenOperations(
  store: ObjectStore,
  runUid: string,
  signal: AbortSignal,
): Promise<readonly ItemOperation[]> {
  const journal = createOperationJournal({ store, runUid, checkOwner: async () => undefined });
  const known = createKnownOperations();
  const { records } = await journal.load(signal);
  records.forEach(known.add);
  return [...known.operations.values()].filter(isOpen);
}
