import type { ItemOperation, OperationProgress } from "../api/item-operation.ts";
import { failed, isOpen, isOverdue, progressed } from "../domain/operations/item-operation.ts";
import { formatReference } from "../domain/references/item-reference.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import { toArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { limitedCall } from "./limited-call.ts";

/** Velero's `--item-operation-sync-frequency`. */
const pollMs = 10_000;
/** An action that does not answer fails its operations, not the run. */
const callLimitMs = 60_000;
/** Velero gives an operation up when it cannot be asked for once; plugins restart. */
const failuresAllowed = 3;
const callsInFlight = 4;

/** How the operations of one action are asked after, and stopped. */
export interface OperationCalls {
  progress(operationId: string, signal: AbortSignal): Promise<OperationProgress>;
  cancel(operationId: string, signal: AbortSignal): Promise<void>;
}

/** Where the operations of a run stand. */
export interface OperationBook {
  readonly operations: readonly ItemOperation[];
  /** Replaces an operation by how it stands now; durable after {@link settle}. */
  update(operation: ItemOperation): void;
  /** As {@link update}, but it is of no moment that it is lost when the process dies. */
  note(operation: ItemOperation): void;
  settle(signal: AbortSignal): Promise<void>;
}

/** Asks for the progress of operations until each has ended, failed or had its time. */
export interface OperationWatch {
  /** Begins to ask, beside whatever else the run does. */
  start(signal: AbortSignal): void;
  /** Asks no more. */
  stop(): void;
  /** Asks on until none is open. `onOpen` is told which are, after each round. */
  untilEnded(onOpen: (open: readonly ItemOperation[]) => void, signal: AbortSignal): Promise<void>;
  /** Cancels those that are open, as the run ends before they do. Never throws. */
  cancelAll(signal: AbortSignal): Promise<void>;
}

export interface WatchOptions {
  readonly book: OperationBook;
  /** By the name of the action. */
  readonly calls: ReadonlyMap<string, OperationCalls>;
  /** What the operations belong to. */
  readonly of: "backup" | "restore";
  readonly clock: Clock;
  readonly log: Log;
  /** From when an operation was begun. */
  readonly timeoutMs: number;
  /** The same as a Go duration. */
  readonly timeout: string;
}

export function createOperationWatch(options: WatchOptions): OperationWatch {
  const { book, calls, clock, log } = options;
  const stop = new AbortController();
  const failures = new Map<string, number>();
  let background: Promise<void> = Promise.resolve();

  const poll = async (operation: ItemOperation, signal: AbortSignal): Promise<ItemOperation> => {
    const action = calls.get(operation.action);
    if (action === undefined) return failed(operation, noAction(operation));
    const key = `${operation.action} ${operation.operationId}`;
    let now = operation;
    try {
      const { operationId } = operation;
      const ask = (limit: AbortSignal) => action.progress(operationId, limit);
      const told = await limitedCall({ clock, limitMs: callLimitMs }, signal, ask);
      failures.delete(key);
      now = progressed(operation, told);
    } catch (thrown) {
      signal.throwIfAborted();
      const { message } = toArkError(thrown);
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      log.write("warn", "the progress of an operation could not be learned", {
        ...factsOf(operation),
        error: message,
      });
      if (count >= failuresAllowed)
        return failed(operation, `its progress is not known: ${message}`);
    }
    if (!isOverdue(now, clock.now(), options.timeoutMs)) return now;
    await askToStop(action, now, options, signal);
    return failed(now, `it did not end within ${options.timeout}, and was cancelled`);
  };
  const round = async (signal: AbortSignal): Promise<void> => {
    const open = book.operations.filter(isOpen);
    await mapConcurrently(open, callsInFlight, async (operation) => {
      const now = await poll(operation, signal);
      if (now.phase === operation.phase && isOpen(now)) {
        book.note(now);
        return;
      }
      log.write("info", "an operation has moved on", { ...factsOf(now), phase: now.phase });
      book.update(now);
    });
    await book.settle(signal);
  };

  return {
    start(signal) {
      const until = AbortSignal.any([signal, stop.signal]);
      background = (async () => {
        while (!until.aborted) {
          await clock.sleep(pollMs, until);
          await round(until);
        }
      })();
      // What fails in it fails again in the rounds that somebody waits for.
      background.catch(() => undefined);
    },
    stop: () => stop.abort(),
    async untilEnded(onOpen, signal) {
      stop.abort();
      await background.catch(() => undefined);
      signal.throwIfAborted();
      for (;;) {
        await round(signal);
        const open = book.operations.filter(isOpen);
        if (open.length === 0) return;
        onOpen(open);
        await clock.sleep(pollMs, signal);
      }
    },
    async cancelAll(signal) {
      stop.abort();
      await background.catch(() => undefined);
      await mapConcurrently(book.operations.filter(isOpen), callsInFlight, async (operation) => {
        const action = calls.get(operation.action);
        const isAsked =
          action !== undefined && (await askToStop(action, operation, options, signal));
        if (isAsked) book.update(failed(operation, `it was cancelled with its ${options.of}`));
        else log.write("warn", "an operation goes on that was not cancelled", factsOf(operation));
      });
    },
  };
}

/** What a person who waits for them reads. */
export function waitingText(open: readonly ItemOperation[]): string {
  const [first] = open;
  if (first === undefined) return "operations";
  const { action, item, unitsCompleted, unitsTotal, units, description } = first;
  const done = unitsTotal === 0 ? "" : `, ${unitsCompleted} of ${unitsTotal} ${units}`.trimEnd();
  const what = description === "" ? "" : `, ${description}`;
  const many = open.length === 1 ? "1 operation" : `${open.length} operations`;
  return `${many}: ${action} of ${formatReference(item)}${done}${what}`;
}

/** Answers whether it was asked; an action that cannot be asked is logged. */
async function askToStop(
  action: OperationCalls,
  operation: ItemOperation,
  { clock, log }: WatchOptions,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const ask = (limit: AbortSignal) => action.cancel(operation.operationId, limit);
    await limitedCall({ clock, limitMs: callLimitMs }, signal, ask);
    return true;
  } catch (thrown) {
    const error = toArkError(thrown).message;
    log.write("warn", "an operation could not be cancelled", { ...factsOf(operation), error });
    return false;
  }
}

function noAction({ action }: ItemOperation): string {
  return `there is no action ${action} in this process, so nobody can ask how it ends`;
}

function factsOf({ action, operationId, item }: ItemOperation): Readonly<Record<string, unknown>> {
  return { action, operationId, ...item };
}
