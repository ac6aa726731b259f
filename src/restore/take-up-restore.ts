import type { NameClaim } from "../catalog/name-claim.ts";
import type { RunLog } from "../catalog/run-log.ts";
import type { RestoreClaim } from "./claim-restore.ts";
import {
  type InterruptedRestore,
  nothingBefore,
  readInterruptedRestore,
} from "./interrupted-restore.ts";
import { countWritten } from "./replay-outcomes.ts";
import { createRestoreJournal, noJournal, type RestoreJournal } from "./restore-journal.ts";
import type { ContinuedRestore, RestorePorts, RestoreRequest } from "./restore-request.ts";

/** A run that this process may execute. */
export interface OwnedRestore {
  readonly name: string;
  readonly runUid: string;
  /** When its first process began. */
  readonly startedAt: Date;
  readonly before: InterruptedRestore;
  readonly journal: RestoreJournal;
  readonly continued: ContinuedRestore | undefined;
  /** Absent: nobody else can know of the run. */
  readonly claim: NameClaim | undefined;
}

interface TakingUp {
  readonly request: RestoreRequest;
  readonly ports: RestorePorts;
  readonly log: RunLog;
}

/** Begins the journal of a claimed run, or reads what processes that died have written into it. */
export async function takeUpRestore(
  claimed: Exclude<RestoreClaim, { readonly state: "done" }>,
  { request, ports, log }: TakingUp,
  signal: AbortSignal,
): Promise<OwnedRestore> {
  const { clock } = ports;
  if (claimed.state === "unclaimed") {
    const { message } = claimed.why;
    log.write("warn", "the restore cannot be continued if it is cut off", { reason: message });
    return {
      name: request.name,
      runUid: claimed.runUid,
      startedAt: clock.now(),
      before: nothingBefore,
      journal: noJournal,
      continued: undefined,
      claim: undefined,
    };
  }
  const { name, claim, journalStore: store } = claimed;
  const { runUid, startedAt } = claim.record;
  const before = claim.continued
    ? await readInterruptedRestore(store, runUid, signal)
    : nothingBefore;
  const continued = claim.continued
    ? { name, startedAt, objects: countWritten({ before }) }
    : undefined;
  const { lastNumber } = before;
  const onBroken = ({ code, message }: { code: `ARK_${string}`; message: string }): void =>
    log.find({
      severity: "warning",
      code,
      message: `the journal of restore "${name}" could not be written; a process that continues it will take what is restored from here on for what was there: ${message}`,
    });
  const journal = createRestoreJournal({ store, clock, claim, lastNumber, onBroken }, signal);
  const started = new Date(startedAt);
  return { name, runUid, startedAt: started, before, journal, continued, claim };
}

/** Says that a run is continued, and what of its journal is lost. */
export function tellContinued(
  { before, continued }: OwnedRestore,
  ports: RestorePorts,
  log: RunLog,
) {
  if (continued === undefined) return;
  ports.onContinue?.(continued);
  log.write("info", "restore continued", { ...continued });
  const { unreadable } = before;
  if (unreadable.length === 0) return;
  log.find({
    severity: "warning",
    code: "ARK_BACKUP_DAMAGED",
    message: `${unreadable.length} records of the journal of restore "${continued.name}" cannot be read: objects that they name are told as if they had been there before`,
  });
}
