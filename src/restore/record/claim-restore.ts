import type { Restore } from "../../api/restore.ts";
import { claimName, lastRecord, type NameClaim } from "../../catalog/name-claim.ts";
import { maxCommandLength, type NameRecord } from "../../catalog/name-record.ts";
import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import {
  recordedRestoreNames,
  restoreRecordIfReadable,
  restoreRecords,
} from "../../catalog/restore-records.ts";
import { type ArkError, hasCode, toArkError } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { checkKeptRestore, checkRestoreName } from "../report/write-report.ts";
import type { RestorePorts, RestoreRequest } from "../restore-request.ts";
import { restoreNames, restoreRequestDigest } from "./restore-names.ts";

export type RestoreClaim =
  | {
      readonly state: "claimed";
      /** The request's, or that of the interrupted restore that is continued. */
      readonly name: string;
      readonly claim: NameClaim;
      /** Where the run keeps its journal. */
      readonly journalStore: ObjectStore;
    }
  /** Neither the location nor another place takes records: the run cannot be continued. */
  | {
      readonly state: "unclaimed";
      readonly name: string;
      readonly why: ArkError;
      readonly runUid: string;
    }
  /** A process that died had ended the restore, but not tidied up. */
  | { readonly state: "done"; readonly restore: Restore };

/**
 * Claims the restore's name. Without a name of the user's own an interrupted restore of the same
 * backup, settings and cluster is taken up under its name; and when the name that was made up is
 * another's, as of two restores in one second, the next free one with `-2`, `-3`, … is claimed.
 * Errors: ARK_NAME_TAKEN, ARK_NAME_IN_USE, ARK_BACKUP_DAMAGED.
 */
export async function claimRestore(
  request: RestoreRequest,
  ports: RestorePorts,
  backup: OpenedBackup,
  signal: AbortSignal,
): Promise<RestoreClaim> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? request.name : `${request.name}-${number}`;
    const claimed = await claimOneName({ ...request, name }, ports, backup, signal);
    if (claimed.state !== "taken") return claimed;
  }
}

async function claimOneName(
  request: RestoreRequest,
  ports: RestorePorts,
  backup: OpenedBackup,
  signal: AbortSignal,
): Promise<RestoreClaim | { readonly state: "taken" }> {
  const wanted = await wantedRecord(request, ports, backup, signal);
  const places = [ports.store, ...(ports.journalStore === undefined ? [] : [ports.journalStore])];
  const found = await findInterrupted(request, wanted, places, signal);
  const name = found?.name ?? request.name;
  const mayChoose = found === undefined && !request.isNameGiven;
  if (found === undefined) {
    const finished = await ownFinished(name, request, ports.store, signal);
    if (finished !== undefined) return { state: "done", restore: finished };
    try {
      await checkRestoreName(ports.store, name, signal);
    } catch (thrown) {
      if (mayChoose && hasCode(thrown, "ARK_NAME_TAKEN")) return { state: "taken" };
      throw thrown;
    }
  }
  const scope = restoreNames(ports.store);
  let why: ArkError | undefined;
  for (const store of found === undefined ? places : [found.store]) {
    try {
      const isElsewhere = found === undefined && store !== ports.store;
      if (isElsewhere) await checkKeptRestore(store, name, signal);
      const claimPorts = { store, clock: ports.clock, liveness: ports.liveness };
      const claimed = await claimName({ scope, name, wanted }, claimPorts, signal);
      if (claimed.state === "done") {
        // It may have told its end long ago, and what it restored be gone again by now.
        if (!request.isNameGiven) return await claimOneName(request, ports, backup, signal);
        return { state: "done", restore: claimed.done };
      }
      return { state: "claimed", name, claim: claimed.claim, journalStore: store };
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toArkError(thrown);
      if (mayChoose && isTaken(error)) return { state: "taken" };
      if (found !== undefined || /^ARK_(?:NAME|BACKUP)_/.test(error.code)) throw error;
      why ??= error;
    }
  }
  // Its record may stand all the same: with the uid of the run, it can be told from another's.
  return { state: "unclaimed", name, why: why as ArkError, runUid: wanted.runUid };
}

/** What a run of this very resource has finished. */
async function ownFinished(
  name: string,
  { resource }: RestoreRequest,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<Restore | undefined> {
  if (resource === undefined) return undefined;
  const finished = await restoreNames(store).findDone(name, store, signal);
  return finished?.runUid === resource.uid ? finished.done : undefined;
}

function isTaken(error: ArkError): boolean {
  return error.code === "ARK_NAME_TAKEN" || error.code === "ARK_NAME_IN_USE";
}

async function wantedRecord(
  request: RestoreRequest,
  { clock, cluster }: RestorePorts,
  backup: OpenedBackup,
  signal: AbortSignal,
): Promise<NameRecord> {
  const backupUid = backup.backup.metadata.uid;
  const { command } = request;
  return {
    owner: request.owner,
    runUid: request.resource?.uid ?? clock.uuid(),
    clusterId: (await cluster.identity({ signal })).id,
    spec: request.spec,
    requestSha256: restoreRequestDigest(request),
    ...(backupUid === undefined ? {} : { backupUid }),
    startedAt: clock.now().toISOString(),
    ...(command === undefined || command.length > maxCommandLength ? {} : { command }),
  };
}

interface Interrupted {
  readonly name: string;
  readonly store: ObjectStore;
  readonly record: NameRecord;
}

/** Of several the one begun last; of a given name the one that has it. */
async function findInterrupted(
  request: RestoreRequest,
  wanted: NameRecord,
  places: readonly ObjectStore[],
  signal: AbortSignal,
): Promise<Interrupted | undefined> {
  let found: Interrupted | undefined;
  for (const store of places) {
    if (request.isNameGiven) {
      const last = await lastRecord(restoreRecords, request.name, store, signal);
      if (last !== undefined) return { name: request.name, store, record: last.record };
      continue;
    }
    for (const name of await recordedRestoreNames(store, signal)) {
      const record = await restoreRecordIfReadable(store, name, signal);
      if (record === undefined || !isSameRun(record, wanted)) continue;
      if (found === undefined || record.startedAt > found.record.startedAt) {
        found = { name, store, record };
      }
    }
  }
  return found;
}

function isSameRun(found: NameRecord, wanted: NameRecord): boolean {
  return (
    found.clusterId === wanted.clusterId &&
    found.backupUid === wanted.backupUid &&
    found.requestSha256 === wanted.requestSha256 &&
    sortedText(found.spec) === sortedText(wanted.spec)
  );
}

function sortedText(spec: object): string {
  const entries = Object.entries(spec).filter(([, value]) => value !== undefined);
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
