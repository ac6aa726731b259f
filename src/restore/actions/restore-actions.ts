import type { ItemOperation } from "../../api/item-operation.ts";
import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import { formatReference } from "../../domain/references/item-reference.ts";
import type { OperationJournal } from "../../operations/operation-journal.ts";
import { operationTimeout } from "../../operations/operation-timeout.ts";
import {
  createOperationWatch,
  type OperationCalls,
  waitingText,
} from "../../operations/watch-operations.ts";
import type { ActionRestore, RestoreItemAction } from "../../ports/restore-item-action.ts";
import type { RestorePorts, RestoreRequest } from "../restore-request.ts";
import { type ActionSight, createActionSight, hasActions } from "./action-sight.ts";
import { createExecutionLedger, type ExecutionLedger, hasOperations } from "./execution-ledger.ts";
import { createItemVisits, type ItemVisits } from "./item-visits.ts";
import { createLineFinder, type LineFinder } from "./line-finder.ts";
import { createMadeItems, type MadeItems } from "./made-items.ts";

/** The item actions of a run, what they asked for, and the operations that they began. */
export interface RestoreActions extends ActionSight {
  readonly ledger: ExecutionLedger;
  readonly visits: ItemVisits;
  readonly lines: LineFinder;
  /** Keys of items that were asked for by actions which a plan does not ask. */
  readonly unforeseen: Set<string>;
  /** Keys of places in the target where items stand that were given another kind or name. */
  readonly places: Set<string>;
  readonly made: MadeItems;
  /** Waits for the operations to end, and tells what failed. Errors: those of the store. */
  finish(onWait: (waitingFor: string) => void, signal: AbortSignal): Promise<void>;
  /** The restore ends without them: asks them to stop, and tells what failed. Never throws. */
  cancelAll(signal: AbortSignal): Promise<void>;
  /** This process asks for no more progress. */
  stop(): void;
}

export interface ActionsInput {
  readonly request: RestoreRequest;
  readonly ports: Pick<RestorePorts, "actions" | "clock">;
  readonly log: RunLog;
  readonly backup: OpenedBackup;
  readonly runUid: string;
  readonly journal: OperationJournal;
  readonly isContinued: boolean;
}

/**
 * Takes up what earlier processes of the run began, and asks for progress from now on. Undefined
 * when there is neither an action nor an operation.
 */
export async function openRestoreActions(
  { request, ports, log, backup, runUid, journal, isContinued }: ActionsInput,
  signal: AbortSignal,
): Promise<RestoreActions | undefined> {
  const { clock } = ports;
  const sight = createActionSight({ request, ports, backup }, runUid);
  const ledger = createExecutionLedger(journal, clock);
  if (isContinued) await ledger.load(signal);
  if (!hasActions(ports) && ledger.operations.length === 0) return undefined;
  const calls = callsOf(ports.actions ?? [], sight.restore);
  const time = operationTimeout(request.spec.itemOperationTimeout);
  const watch = createOperationWatch({ book: ledger, calls, of: "restore", clock, log, ...time });
  watch.start(signal);
  return {
    ...sight,
    ledger,
    visits: createItemVisits(),
    lines: createLineFinder(backup),
    unforeseen: new Set(),
    places: new Set(),
    made: createMadeItems(),
    async finish(onWait, ending) {
      await watch.untilEnded((open) => onWait(waitingText(open)), ending);
      reportOperations(ledger.operations, log);
    },
    async cancelAll(ending) {
      await watch.cancelAll(ending);
      reportOperations(ledger.operations, log);
    },
    stop: watch.stop,
  };
}

function callsOf(
  actions: readonly RestoreItemAction[],
  restore: ActionRestore,
): ReadonlyMap<string, OperationCalls> {
  return new Map(
    actions.filter(hasOperations).map(({ name, operations }) => [
      name,
      {
        progress: (id, signal) => operations.progress(id, restore, signal),
        cancel: (id, signal) => operations.cancel(id, restore, signal),
      },
    ]),
  );
}

function reportOperations(operations: readonly ItemOperation[], log: RunLog): void {
  for (const { action, item, operationId, phase, error } of operations) {
    if (phase !== "Failed") continue;
    const which = operationId === "" ? "an operation" : `operation ${operationId}`;
    log.find({
      severity: "error",
      code: "ARK_ITEM_OPERATION",
      message: `${which} of action ${action} on ${formatReference(item)} failed: ${error}`,
      ...item,
    });
  }
}
