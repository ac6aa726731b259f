import { annotations } from "../../api/labels.ts";
import type { NameClaim } from "../../catalog/name-claim.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import { restoreOptions } from "../../domain/restore/restore-options.ts";
import { ArkError } from "../../lib/errors.ts";
import {
  createOperationJournal,
  noOperationJournal,
  type OperationJournal,
} from "../../operations/operation-journal.ts";
import {
  openVolumeJournal,
  unkeptVolumes,
  type VolumeJournal,
} from "../../volumes/native/volume-journal.ts";
import { type Removals, readRemovals } from "../apply/removals.ts";
import type { ContinuedRestore, RestorePorts, RestoreRequest } from "../restore-request.ts";
import type { RestoreClaim } from "./claim-restore.ts";
import { createFormerKeeper, type FormerKeeper, noFormerKeeper } from "./former-keeper.ts";
import {
  type InterruptedRestore,
  nothingBefore,
  readInterruptedRestore,
} from "./interrupted-restore.ts";
import { type PerhapsPatched, readPerhapsPatched } from "./perhaps-patched.ts";
import { formerParts, removeFormers } from "./read-formers.ts";
import { countWritten } from "./replay-outcomes.ts";
import { createRestoreJournal, noJournal, type RestoreJournal } from "./restore-journal.ts";

/** A run that this process may execute. */
export interface OwnedRestore {
  readonly name: string;
  readonly runUid: string;
  /** When its first process began. */
  readonly startedAt: Date;
  readonly before: InterruptedRestore;
  readonly journal: RestoreJournal;
  readonly former: FormerKeeper;
  /** What is durable of operations of item actions. */
  readonly operations: OperationJournal;
  /** What is durable of volumes that providers make. */
  readonly volumes: VolumeJournal;
  /** What processes before this one may have deleted without telling its end. */
  readonly removals: Removals;
  readonly perhapsPatched: PerhapsPatched;
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
    refuseUnkept(request, claimed.why);
    const what = "the restore cannot be continued if it is cut off, nor its updates be undone";
    log.write("warn", what, { reason: message });
    return {
      name: claimed.name,
      runUid: claimed.runUid,
      startedAt: clock.now(),
      before: nothingBefore,
      journal: noJournal,
      former: noFormerKeeper(claimed.why),
      operations: noOperationJournal,
      volumes: unkeptVolumes(),
      removals: new Map(),
      perhapsPatched: new Map(),
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
  // Of a restore that had this name and did not end.
  if (!claim.continued && store !== ports.store) await removeFormers(store, name, signal);
  const lastPart = claim.continued ? (await formerParts(store, name, signal)).at(-1) : undefined;
  const keeping = { store, restore: name, claim, lastNumber: lastPart ?? 0 };
  const former = createFormerKeeper(keeping, signal);
  const removals = await readRemovals(store, name, before, signal);
  const perhapsPatched = await readPerhapsPatched(store, name, before, signal);
  const started = new Date(startedAt);
  const checkOwner = (asked: AbortSignal): Promise<void> => claim.checkOwner(asked);
  const operations = createOperationJournal({ store, runUid, checkOwner });
  const isContinued = claim.continued;
  const volumes = await openVolumeJournal({ store, runUid, isContinued, checkOwner }, signal);
  const kept = { former, removals, perhapsPatched, volumes };
  const parts = { before, journal, ...kept, operations, continued, claim };
  return { name, runUid, startedAt: started, ...parts };
}

/** What is deleted must be kept before, and what is put to rest must be known to wake it. */
function refuseUnkept(request: RestoreRequest, why: ArkError): void {
  const { policy, prune } = restoreOptions(request);
  const isPassive = request.annotations?.[annotations.passive] === "true";
  const need =
    policy === "recreate" || prune
      ? "this restore deletes objects, and there is no place to keep what they were"
      : "this restore is passive, and there is no place to keep what an activation needs";
  if (policy !== "recreate" && !prune && !isPassive) return;
  throw new ArkError(why.code, `${need}: ${why.message}`, {
    advice:
      "name a location that can be written to with --storage-location; where a server restores, let its location be ReadWrite, or restore with --mode standalone, whose machine keeps it",
    cause: why,
  });
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
