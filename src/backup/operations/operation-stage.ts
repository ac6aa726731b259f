import type { BackupPhase } from "../../api/backup-phases.ts";
import type { ItemOperation } from "../../api/item-operation.ts";
import type { NameClaim } from "../../catalog/name-claim.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import { countOperations, type OperationCounts } from "../../domain/operations/item-operation.ts";
import { namespaces, referredKinds, subjects } from "../../domain/references/edges.ts";
import { formatReference } from "../../domain/references/item-reference.ts";
import { defaultActionMs } from "../../operations/guarded-calls.ts";
import { createOperationJournal } from "../../operations/operation-journal.ts";
import { operationTimeout } from "../../operations/operation-timeout.ts";
import {
  createOperationWatch,
  type OperationCalls,
  waitingText,
} from "../../operations/watch-operations.ts";
import type { ActionBackup, ItemAction } from "../../ports/item-action.ts";
import { actionBackupOf } from "../action-backup.ts";
import type { BackupPorts, BackupRequest } from "../backup-run.ts";
import type { CollectInput } from "../collect-input.ts";
import type { Collected } from "../collect-objects.ts";
import { builtInActions } from "../item-actions/built-in-actions.ts";
import { guardItemAction } from "../item-actions/guard-action.ts";
import type { PlannedRun } from "../plan-run.ts";
import type { ReplayedLines } from "../replay.ts";
import { type SnapshotStage, snapshotAction } from "../snapshots/snapshot-stage.ts";
import type { LateRequest } from "./late-items.ts";
import { createOperationLedger, hasOperations } from "./operation-ledger.ts";
import { lateBefore, withLate, writeLateItems } from "./write-late-items.ts";

/** Operations that item actions begin: while objects are collected, and what comes after them. */
export interface OperationStage
  extends Pick<CollectInput, "actions" | "operations" | "actionBackup"> {
  /** Takes up what earlier processes of the run began, and asks for progress from now on. */
  begin(isContinued: boolean, signal: AbortSignal): Promise<void>;
  /**
   * Waits for the operations to end and writes what they changed; answers what was collected, with
   * that. `lines` are those of earlier processes. Errors: those of the store, and those after which
   * nothing can be read.
   */
  finish(
    collected: Collected,
    input: CollectInput & { readonly lines: ReadonlyMap<string, ReplayedLines> },
    onWait: (waitingFor: string) => void,
    signal: AbortSignal,
  ): Promise<Collected>;
  /** The run is given up. Never throws. */
  cancelAll(signal: AbortSignal): Promise<void>;
  /** This process asks for no more progress. */
  stop(): void;
  all(): readonly ItemOperation[];
  counts(): OperationCounts;
}

export interface OperationRun {
  readonly request: Pick<BackupRequest, "name" | "spec" | "labels" | "annotations" | "limits">;
  readonly ports: Pick<BackupPorts, "cluster" | "store" | "clock" | "actions" | "onPhase">;
  readonly log: RunLog;
  readonly run: PlannedRun;
  readonly claim: NameClaim;
  readonly snapshots: SnapshotStage;
}

export function openOperationStage({
  request,
  ports,
  log,
  run,
  claim,
  snapshots,
}: OperationRun): OperationStage {
  const { cluster, store, clock } = ports;
  const limit = { clock, limitMs: request.limits?.actionMs ?? defaultActionMs };
  const actions = (ports.actions ?? builtInActions).map((action) =>
    builtInActions.includes(action) ? action : guardItemAction(action, limit),
  );
  const runUid = claim.record.runUid;
  const backup = actionBackupOf(request, runUid);
  const checkOwner = (signal: AbortSignal) => claim.checkOwner(signal);
  const journal = createOperationJournal({ store, runUid, checkOwner });
  const alsoHeld = snapshots.obstacle === undefined ? { alsoHeld: snapshots.holds } : {};
  // Ours only name what the object refers to, and that was decided at the cut.
  const foreign = actions.filter((action) => !builtInActions.includes(action));
  const asksLate = foreign.length > 0;
  const ledger = createOperationLedger({ journal, clock, actions, asksLate, ...alsoHeld });
  const time = operationTimeout(request.spec.itemOperationTimeout);
  const book = {
    get operations() {
      return ledger.operations;
    },
    update: ledger.update,
    note: ledger.note,
    settle: (signal: AbortSignal) => ledger.settle([], signal),
  };
  const calls = new Map([...callsOf(actions, backup), [snapshotAction, snapshots.calls]]);
  const watch = createOperationWatch({ book, calls, of: "backup", clock, log, ...time });
  return {
    actions,
    operations: ledger,
    actionBackup: backup,
    all: () => ledger.operations,
    counts: () => countOperations(ledger.operations),
    cancelAll: watch.cancelAll,
    stop: watch.stop,
    async begin(isContinued, signal) {
      if (isContinued) await ledger.load(signal);
      if (ledger.isActive) watch.start(signal);
    },
    async finish(collected, input, onWait, signal) {
      if (!ledger.isActive) return collected;
      const hasSome = actions.some(hasOperations) || ledger.operations.length > 0;
      const tellPhase = hasSome ? waitingPhase(ports, log, ledger) : () => undefined;
      tellPhase();
      await snapshots.finish(onWait, signal);
      const onOpen = (open: readonly ItemOperation[]): void => {
        tellPhase();
        onWait(waitingText(open));
      };
      await watch.untilEnded(onOpen, signal);
      reportOperations(ledger.operations, log);
      const phase = log.count("error") > 0 ? "FinalizingPartiallyFailed" : "Finalizing";
      const late = await writeLateItems(
        {
          ...{ input, ledger, cluster, plan: run.plan, kinds: run.discovery.kinds },
          backup: { ...backup, phase },
          actions: foreign,
          wants: asksLate ? lateWants(input.wanted) : [],
          onFinding: log.find,
          snapshots,
        },
        signal,
      );
      return withLate(collected, [...lateBefore(input), ...late]);
    },
  };
}

/**
 * What actions of plugins have asked for and no list has brought, as its kind was listed before it
 * was asked for. Of our own references such items are told elsewhere, where they are missed.
 */
function lateWants(wanted: CollectInput["wanted"]): readonly LateRequest[] {
  return wanted.open().flatMap(({ item, how }) => {
    const isQuiet = referredKinds.includes(item.resource);
    if (item.resource === subjects || item.resource === namespaces) return [];
    return [{ item, must: how === "must", isQuiet }];
  });
}

/** Tells how the wait stands, once for each phase: from the first failure on the backup has failed in part. */
function waitingPhase(
  { onPhase }: OperationRun["ports"],
  log: RunLog,
  ledger: { readonly operations: readonly ItemOperation[] },
): () => void {
  let said: BackupPhase | undefined;
  return () => {
    const hasFailed = ledger.operations.some(({ phase }) => phase === "Failed");
    const isPartial = hasFailed || log.count("error") > 0;
    const phase = isPartial
      ? "WaitingForPluginOperationsPartiallyFailed"
      : "WaitingForPluginOperations";
    if (phase !== said) onPhase?.(phase);
    said = phase;
  };
}

function callsOf(
  actions: readonly ItemAction[],
  backup: ActionBackup,
): ReadonlyMap<string, OperationCalls> {
  return new Map(
    actions.filter(hasOperations).map(({ name, operations }) => [
      name,
      {
        progress: (id, signal) => operations.progress(id, backup, signal),
        cancel: (id, signal) => operations.cancel(id, backup, signal),
      },
    ]),
  );
}

function reportOperations(operations: readonly ItemOperation[], log: RunLog): void {
  for (const { action, item, operationId, phase, error, tooLate } of operations) {
    const place = formatReference(item);
    const which = operationId === "" ? "an operation" : `operation ${operationId}`;
    // Of a snapshot its claim is told of.
    if (phase === "Failed" && action !== snapshotAction) {
      log.find({
        severity: "error",
        code: "ARK_ITEM_OPERATION",
        message: `${which} of action ${action} on ${place} failed: ${error}`,
        ...item,
      });
    }
    for (const late of tooLate) {
      log.find({
        severity: "error",
        code: "ARK_ITEM_OPERATION",
        message: `${formatReference(late)} was to be stored anew after ${which} of action ${action} on ${place}, and stood in the archive before it was begun: it is in this backup as it was then`,
        ...late,
      });
    }
  }
}
